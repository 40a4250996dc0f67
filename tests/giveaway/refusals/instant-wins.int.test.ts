import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe } from 'vitest';
import { enterGiveaway } from '../../../db/giveaway/enter-giveaway.ts';
import { pauseGiveaway } from '../../../db/giveaway/pause-giveaway.ts';
import { excludeParticipant } from '../../../db/giveaway/review-participants.ts';
import { method, newEntry, openTestGiveaway, passDeadline } from '../../support/giveaways.ts';
import { openInstantWin, randomNonce } from '../../support/instant-wins.ts';
import { cause, startWalk, walkRows, type Refused, type Row, type Someone, type Walk } from './walk.ts';

let walk: Walk;
beforeAll(async () => {
  walk = await startWalk();
});
afterAll(() => walk.stop());
const walked = (rows: readonly Row[]): void => walkRows(() => walk, rows);

const entered = async (giveawayId: string, { id: participantId }: Someone, by = 'direct') =>
  (await enterGiveaway(walk.db, newEntry(giveawayId, { participantId, method: by }), cause)).id;
const pause = (giveawayId: string) =>
  pauseGiveaway(walk.db, { giveawayId, hostId: walk.host.id, paused: true, reason: 'a bot' }, cause);

describe('an attempt to win at once is refused', () => {
  const instant = (units = 1): Promise<string> =>
    openInstantWin(walk.db, { by: 'first_come' }, units, { hostId: walk.host.id });
  const attempt = (id: string, entryId: string, who: Someone, nonce = randomNonce()): Refused =>
    walk.call('PUT', `/giveaways/${id}/entries/${entryId}/instant-win`, who, { clientNonce: nonce });
  /** Of somebody new who has entered, after what else is to happen. */
  async function after(
    units: number,
    work: (id: string, who: Someone, entryId: string) => Promise<unknown>,
  ): Promise<Refused> {
    const [id, who] = [await instant(units), await walk.person()];
    const entryId = await entered(id, who);
    await work(id, who, entryId);
    return attempt(id, entryId, who);
  }
  const win = async (id: string, who: Someone, entryId: string): Promise<void> => {
    const { body } = await attempt(id, entryId, who)();
    if (body.outcome !== 'won') throw new Error(`Not won: ${JSON.stringify(body)}`);
  };
  walked([
    [
      'instant_win_not_found',
      'in a draw',
      async () => {
        const [id, who] = [await openTestGiveaway(walk.db), await walk.person()];
        return attempt(id, await entered(id, who), who);
      },
    ],
    ['entry_not_found', 'with no entry', async () => attempt(await instant(), randomUUID(), await walk.person())],
    [
      'entry_not_found',
      'with the entry of somebody else',
      async () => {
        const id = await instant();
        return attempt(id, await entered(id, await walk.person()), await walk.person());
      },
    ],
    [
      'entry_not_eligible',
      'with an entry that does not count',
      () =>
        after(1, (_id, _who, entryId) =>
          walk.db('giveaway_entries').where({ id: entryId }).update({ reason: 'not_verified' }),
        ),
    ],
    [
      'entry_excluded',
      'by who is blocked',
      () =>
        after(1, (giveawayId, { id }) =>
          excludeParticipant(walk.db, { giveawayId, participantId: id, code: 'blocked', reason: 'a bot' }, cause),
        ),
    ],
    ['giveaway_paused', 'while it is paused', () => after(1, pause)],
    ['giveaway_closed', 'after the deadline', () => after(1, (id) => passDeadline(walk.db, id))],
    ['instant_win_attempted', 'with another nonce', () => after(2, win)],
    [
      'instant_win_sold_out',
      'when nothing is left',
      () =>
        after(1, async (id) => {
          const other = await walk.person();
          await win(id, other, await entered(id, other));
        }),
    ],
    [
      'instant_win_busy',
      'while very many try',
      () =>
        after(1, async (id) => {
          await walk.gate.learn(id, 1);
          await walk.gate.admit(id, 'another batch', 1);
        }),
    ],
    [
      'instant_win_won_before',
      'by who has won',
      async () => {
        const methods = [method({}), method({ name: 'more' })];
        const id = await openInstantWin(walk.db, { by: 'first_come' }, 3, { methods });
        const who = await walk.person();
        await win(id, who, await entered(id, who));
        return attempt(id, await entered(id, who, 'more'), who);
      },
    ],
  ]);
});
