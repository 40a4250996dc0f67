import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkGiveaways, GIVEAWAY_CHECKS } from '../../db/giveaway/audit.ts';
import { claimInstantWins } from '../../db/giveaway/claim-instant-win.ts';
import { runChecks } from '../../db/ledger/invariants.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { drawFrozen } from '../support/draws.ts';
import { method } from '../support/giveaways.ts';
import { openInstantWin, randomNonce } from '../support/instant-wins.ts';
import { either, randomLives } from '../support/random-lives.ts';
import { action as awardAction, AwardLife } from './award-model.ts';
import { EntryMeetings } from './entry-model.ts';

const lives = randomLives({ seed: 20_261_127, runs: 20 });
const cause = { actor: 'user:test', requestId: 'test' };
const part = fc.nat({ max: 999 });

const entryAction = fc.oneof(
  either(6, ['enter', 'daily'], part),
  either(2, ['score', 'decide', 'exclude'], part),
  either(1, ['pause', 'resume', 'resume'], part),
);
/** At the same moment. */
const meeting = fc.record({
  entry: fc.array(entryAction, { maxLength: 3 }),
  attempts: fc.array(part, { maxLength: 3 }),
  // There is no ranking, and so nobody who comes next.
  awards: fc.array(
    awardAction.filter(({ kind }) => kind !== 'suspect-next'),
    { maxLength: 3 },
  ),
});
const history = fc.record({
  units: fc.integer({ min: 1, max: 5 }),
  several: fc.boolean(),
  claimVerification: fc.constantFrom('automatic' as const, 'manual' as const),
  meetings: fc.array(meeting, { minLength: 8, maxLength: 20, size: 'max' }),
  ending: either(1, ['close-early', 'deadline', 'cancel'], part).arbitrary,
});

describe('instant wins on which commands meet at random', () => {
  let test: TestDatabase;

  beforeAll(async () => {
    test = await createTestDatabase('giveaway');
  });
  afterAll(() => test.drop());

  const broken = async () =>
    (await runChecks(test.db, 'giveaway', GIVEAWAY_CHECKS)).filter((check) => check.broken > 0);

  /** Attempts with some of the entries, each batch twice at once. @returns what was answered, by entry. */
  async function attempt(giveawayId: string, parts: readonly number[], answered: Map<string, string | null>) {
    const entries = await test
      .db('giveaway_entries')
      .where({ giveaway_id: giveawayId })
      .orderBy('id')
      .select<{ id: string; participant_id: string }[]>('id', 'participant_id');
    const tries = [...new Set(parts)].flatMap((n) => entries[n % Math.max(1, entries.length)] ?? []);
    if (tries.length === 0) return;
    const attempts = tries.map(({ id, participant_id: participantId }) => ({
      ...{ entryId: id, participantId, clientNonce: randomNonce(), hit: true, ...cause },
    }));
    const batches = await Promise.all([0, 1].map(() => claimInstantWins(test.db, { giveawayId, attempts })));
    for (const { answers } of batches) {
      for (const answer of answers) {
        if (!('attempt' in answer)) continue;
        const { entryId, awardId } = answer.attempt;
        if (answered.has(entryId)) expect(awardId).toBe(answered.get(entryId));
        answered.set(entryId, awardId);
      }
    }
  }

  it(
    `award no unit twice and lose none, and a doubt after a win waits for two people (seed ${lives.seed})`,
    async () => {
      await lives.live(history, async ({ units, several, claimVerification, meetings, ending }) => {
        const hostId = randomUUID();
        const giveawayId = await openInstantWin(test.db, { by: 'first_come' }, units, {
          ...{ hostId, claimVerification, reviewFromScore: 30, earlyClose: true },
          methods: [method({ required: true }), method({ name: 'daily', period: 'daily' })],
          mode: { mode: 'instant_win', prizesPerPerson: several ? 'several' : 'one' },
        });
        const entry = new EntryMeetings(test.db, { giveawayId, hostId });
        const endWindow = async (rank: number): Promise<void> => {
          await test
            .db('giveaway_awards')
            .where({ giveaway_id: giveawayId, rank })
            .update({ claim_expires_at: test.db.raw('clock_timestamp()') });
        };
        const awards = new AwardLife(test.db, { giveawayId, endWindow }, 1);
        const answered = new Map<string, string | null>();
        for (const one of meetings) {
          await Promise.all([
            entry.meet(one.entry),
            attempt(giveawayId, one.attempts, answered),
            awards.meet(one.awards),
          ]);
          await awards.check();
          expect(await broken()).toEqual([]);
        }
        await Promise.all([entry.meet([ending]), attempt(giveawayId, [1, 2, 3], answered)]);
        const state = await entry.end();
        const made = await test.db('giveaway_instant_attempts').where({ giveaway_id: giveawayId }).orderBy('number');
        expect(new Set(made.map(({ entry_id: id }) => String(id)))).toEqual(new Set(answered.keys()));
        const won = new Set([...answered.values()].filter((awardId) => awardId !== null));
        expect(new Set((await awards.awards()).map(({ id }) => id))).toEqual(won);
        expect(won.size).toBeLessThanOrEqual(units);
        if (state === 'CANCELLED') {
          expect(made).toEqual([]);
          return;
        }
        await drawFrozen(test.db, giveawayId);
        expect(await awards.finish()).toBe(0);
        await awards.check();
        expect(await broken()).toEqual([]);
      });
      expect((await checkGiveaways(test.db)).filter((check) => check.broken > 0)).toEqual([]);
    },
    lives.timeoutMs,
  );
});
