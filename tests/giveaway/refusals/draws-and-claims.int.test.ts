import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe } from 'vitest';
import { declineAward } from '../../../db/giveaway/decline-award.ts';
import {
  claimPhysicalAward,
  confirmDelivery,
  reportUndeliverable,
  shipPrize,
} from '../../../db/giveaway/deliver-prize.ts';
import { disqualifyParticipant } from '../../../db/giveaway/disqualify-participant.ts';
import { enterGiveaway } from '../../../db/giveaway/enter-giveaway.ts';
import { decideReview, scoreSignals } from '../../../db/giveaway/review-participants.ts';
import { closeGiveaway } from '../../../db/giveaway/run-giveaway.ts';
import type { NewGiveaway, NewPrize } from '../../../db/giveaway/create-giveaway.ts';
import { drawTestGiveaway, type AwardRow } from '../../support/drawn-giveaway.ts';
import { newEntry, openTestGiveaway, passDeadline } from '../../support/giveaways.ts';
import { cause, claimLinks, startWalk, walkRows, type Refused, type Row, type Someone, type Walk } from './walk.ts';

let walk: Walk;
beforeAll(async () => {
  walk = await startWalk();
});
afterAll(() => walk.stop());
const walked = (rows: readonly Row[]): void => walkRows(() => walk, rows);

const ADDRESS = { name: 'Wanda Winner', line1: 'Beech Lane 7', city: 'Leeds', postalCode: 'LS1 4AP', country: 'GB' };
const bicycle = (): NewPrize[] => [
  { kind: 'physical', id: randomUUID(), faceMinor: 50_000n, group: { id: randomUUID(), name: 'Bicycle' } },
];
const EVIDENCE = { reason: 'a bot', evidence: 'forty entries in a minute' };

/** A drawn giveaway of the host's, whose first winner is somebody with a token. */
interface Won {
  readonly giveawayId: string;
  readonly award: AwardRow;
  readonly winner: Someone;
}

async function won(change: Partial<NewGiveaway> = {}): Promise<Won> {
  const drawn = await drawTestGiveaway(walk.db, { participants: 2, hostId: walk.host.id, ...change });
  const [award] = await drawn.awards();
  if (!award) throw new Error('nobody has won');
  const winner = await walk.person();
  await walk.db('giveaway_awards').where({ id: award.id }).update({ participant_id: winner.id });
  return { giveawayId: drawn.giveawayId, award, winner };
}
const endWindow = ({ award }: Won) =>
  walk
    .db('giveaway_awards')
    .where({ id: award.id })
    .update({ claim_expires_at: walk.db.raw('clock_timestamp()') });
const claimed = ({ award, winner }: Won) =>
  claimPhysicalAward(walk.db, { awardId: award.id, participantId: winner.id, address: Buffer.from('sealed') }, cause);
const shipped = ({ giveawayId, award }: Won) =>
  shipPrize(walk.db, { giveawayId, awardId: award.id, carrier: 'Post', trackingNumber: 'T-1' }, cause);

/** A call about what was won, after what else has happened to it. */
const afterwards = async (
  call: (of: Won) => Refused,
  change: Partial<NewGiveaway> = {},
  ...steps: readonly ((of: Won) => Promise<unknown>)[]
): Promise<Refused> => {
  const of = await won(change);
  for (const step of steps) await step(of);
  return call(of);
};

describe('a decision about participants is refused', () => {
  const open = () => openTestGiveaway(walk.db, { hostId: walk.host.id });
  /** Two people of one mailbox in a giveaway: both wait for a decision. */
  async function reviewed(): Promise<{ giveawayId: string; participantId: string }> {
    const giveawayId = await open();
    const signals = [{ kind: 'email', hash: 'ab'.repeat(32) }] as const;
    const entries = [newEntry(giveawayId, { signals }), newEntry(giveawayId, { signals })] as const;
    for (const entry of entries) await enterGiveaway(walk.db, entry, cause);
    await scoreSignals(walk.db, { limit: 100 }, cause);
    return { giveawayId, participantId: entries[0].participantId };
  }
  const decide = (giveawayId: string, participantId: string, who = walk.host): Refused =>
    walk.call('POST', `/giveaways/${giveawayId}/reviews/${participantId}/decision`, who, {
      decision: 'CLEARED',
      reason: 'a family',
    });
  const frozen = async (giveawayId: string): Promise<void> => {
    await passDeadline(walk.db, giveawayId);
    await closeGiveaway(walk.db, giveawayId, cause);
  };
  const judge = ({ giveawayId, winner }: Won, who: Someone): Refused =>
    walk.call('POST', `/giveaways/${giveawayId}/disqualifications`, who, { participantId: winner.id, ...EVIDENCE });
  const reject = ({ giveawayId, winner }: Won, who: Someone): Refused =>
    walk.call('POST', `/giveaways/${giveawayId}/disqualifications/${winner.id}/reject`, who);
  const askedBy =
    (who: () => Someone, byHost: boolean) =>
    ({ giveawayId, winner }: Won) =>
      disqualifyParticipant(
        walk.db,
        { giveawayId, participantId: winner.id, ...EVIDENCE, decidedBy: `user:${who().id}`, byHost },
        cause,
      );
  walked([
    [
      'giveaway_not_found',
      'the queue of somebody else',
      async () => walk.call('GET', `/giveaways/${await open()}/reviews`, walk.stranger),
    ],
    ['review_not_found', 'of nobody', async () => decide(await open(), randomUUID())],
    [
      'review_decided',
      'otherwise than it was decided',
      async () => {
        const ids = await reviewed();
        await decideReview(walk.db, { ...ids, decision: 'DISQUALIFIED', reason: 'a bot' }, cause);
        return decide(ids.giveawayId, ids.participantId);
      },
    ],
    [
      'giveaway_closed',
      'after the freeze',
      async () => {
        const ids = await reviewed();
        await frozen(ids.giveawayId);
        return decide(ids.giveawayId, ids.participantId);
      },
    ],
    [
      'giveaway_closed',
      'a block after the freeze',
      async () => {
        const id = await open();
        await frozen(id);
        return walk.call('POST', `/giveaways/${id}/exclusions`, walk.host, {
          participantId: randomUUID(),
          reason: 'a bot',
        });
      },
    ],
    [
      'disqualification_not_possible',
      'by two people before the freeze',
      async () =>
        walk.call('POST', `/giveaways/${await open()}/disqualifications`, walk.ops, {
          participantId: randomUUID(),
          ...EVIDENCE,
        }),
    ],
    [
      'disqualification_not_possible',
      'of who has the prize',
      () =>
        afterwards(
          (of) => judge(of, walk.ops),
          { prizes: bicycle() },
          claimed,
          askedBy(() => walk.host, true),
        ),
    ],
    [
      'validation_failed',
      'without evidence',
      () =>
        afterwards(({ giveawayId }) =>
          walk.call('POST', `/giveaways/${giveawayId}/disqualifications`, walk.ops, {
            participantId: randomUUID(),
            reason: 'a bot',
          }),
        ),
    ],
    ['disqualification_not_found', 'a rejection of nothing', () => afterwards((of) => reject(of, walk.ops))],
    [
      'disqualification_approved',
      'a rejection of what two have approved',
      () =>
        afterwards(
          (of) => reject(of, walk.ops),
          {},
          askedBy(() => walk.host, true),
          askedBy(() => walk.ops, false),
        ),
    ],
    [
      'second_person_missing',
      'a rejection by who has asked',
      () =>
        afterwards(
          (of) => reject(of, walk.ops),
          {},
          askedBy(() => walk.ops, false),
        ),
    ],
    [
      'second_person_missing',
      'a rejection by the host of what the host has asked',
      () =>
        afterwards(
          (of) => reject(of, walk.host),
          {},
          askedBy(() => walk.host, true),
        ),
    ],
  ]);
});

describe('a claim is refused', () => {
  const claim = ({ award, winner }: Won, body: object = { address: ADDRESS }, who = winner): Refused =>
    walk.call('POST', `/awards/${award.id}/claim`, who, body);
  const decline = ({ award, winner }: Won, who = winner): Refused =>
    walk.call('POST', `/awards/${award.id}/decline`, who);
  const verify = ({ giveawayId, award }: Won, who = walk.host): Refused =>
    walk.call('POST', `/giveaways/${giveawayId}/awards/${award.id}/verify`, who);
  const link = (what: 'claim' | 'decline' | 'read', token: string): Refused =>
    walk.call('POST', `/claim-links/${what}`, undefined, { token });
  const token = ({ award, winner }: Won, ms: number): string =>
    claimLinks.make({ awardId: award.id, participantId: winner.id, expiresAt: new Date(Date.now() + ms) });
  const sent = { prizes: bicycle() };
  const physical = (): Partial<NewGiveaway> => ({ ...sent, prizes: bicycle() });
  const given = ({ award, winner }: Won) =>
    declineAward(walk.db, { awardId: award.id, participantId: winner.id }, cause);
  walked([
    [
      'award_not_found',
      'of nothing',
      async () => walk.call('POST', `/awards/${randomUUID()}/claim`, await walk.person(), { address: ADDRESS }),
    ],
    [
      'award_not_found',
      'a look at the award of somebody else',
      () => afterwards(({ award }) => walk.call('GET', `/awards/${award.id}`, walk.stranger)),
    ],
    ['award_not_yours', 'by somebody else', () => afterwards((of) => claim(of, undefined, walk.stranger), physical())],
    [
      'award_not_yours',
      'a refusal of the prize by somebody else',
      () => afterwards((of) => decline(of, walk.stranger)),
    ],
    ['award_claim_expired', 'when its window is over', () => afterwards(claim, physical(), endWindow)],
    ['award_claim_expired', 'a refusal of the prize when its window is over', () => afterwards(decline, {}, endWindow)],
    ['award_not_claimable', 'after it was declined', () => afterwards(claim, physical(), given)],
    ['award_not_claimable', 'a refusal of what is one’s own already', () => afterwards(decline, physical(), claimed)],
    ['award_address_not_needed', 'an address for a card', () => afterwards((of) => claim(of))],
    [
      'validation_failed',
      'an address in no country',
      () => afterwards((of) => claim(of, { address: { ...ADDRESS, country: 'England' } }), physical()),
    ],
    ['claim_link_invalid', 'with a link of somebody’s own', async () => link('claim', 'k.made-it-up-myself.no-mac')],
    ['claim_link_expired', 'with an old link', () => afterwards((of) => link('claim', token(of, -1_000)))],
    [
      'claim_link_invalid',
      'a refusal of the prize with a changed link',
      () => afterwards((of) => link('decline', `${token(of, 60_000)}x`)),
    ],
    ['claim_link_expired', 'a look with an old link', () => afterwards((of) => link('read', token(of, -1_000)))],
    [
      'award_claim_expired',
      'with a good link when its window is over',
      () => afterwards((of) => link('decline', token(of, 60_000)), {}, endWindow),
    ],
    ['award_not_claimed', 'a decision before it', () => afterwards((of) => verify(of))],
    [
      'award_not_found',
      'a decision on nothing',
      async () => verify({ ...(await won()), giveawayId: await openTestGiveaway(walk.db, { hostId: walk.host.id }) }),
    ],
    [
      'giveaway_not_found',
      'a decision by the host of another giveaway',
      () => afterwards((of) => verify(of, walk.stranger)),
    ],
    [
      'second_person_missing',
      'a decision by who has asked for a disqualification',
      () =>
        afterwards(verify, { ...physical(), claimVerification: 'manual' }, claimed, ({ giveawayId, winner }) =>
          disqualifyParticipant(
            walk.db,
            { giveawayId, participantId: winner.id, ...EVIDENCE, decidedBy: `user:${walk.host.id}`, byHost: true },
            cause,
          ),
        ),
    ],
  ]);
});

describe('what is said about a prize on its way is refused', () => {
  const physical = (): Partial<NewGiveaway> => ({ prizes: bicycle() });
  const host =
    (verb: string, who = () => walk.host) =>
    ({ giveawayId, award }: Won): Refused =>
      walk.call('POST', `/giveaways/${giveawayId}/awards/${award.id}/${verb}`, who(), { reason: 'nobody there' });
  const ship = ({ giveawayId, award }: Won): Refused =>
    walk.call('PUT', `/giveaways/${giveawayId}/awards/${award.id}/shipment`, walk.host, {
      carrier: 'Post',
      trackingNumber: 'T-1',
    });
  const move = ({ award, winner }: Won): Refused => walk.call('PUT', `/awards/${award.id}/address`, winner, ADDRESS);
  const received = ({ award, winner }: Won): Refused => walk.call('POST', `/awards/${award.id}/received`, winner);
  const arrived = ({ giveawayId, award }: Won) => confirmDelivery(walk.db, { giveawayId, awardId: award.id }, cause);
  const cameBack = ({ giveawayId, award }: Won) =>
    reportUndeliverable(walk.db, { giveawayId, awardId: award.id, reason: 'nobody there' }, cause);
  const manual = (): Partial<NewGiveaway> => ({ ...physical(), claimVerification: 'manual' });
  walked([
    ['delivery_not_found', 'sent, and nobody has said where to', () => afterwards(ship, physical())],
    ['delivery_not_found', 'another address before the first', () => afterwards(move, physical())],
    ['delivery_not_possible', 'sent, and the claim is not verified', () => afterwards(ship, manual(), claimed)],
    [
      'delivery_not_changeable',
      'another address when it is on its way',
      () => afterwards(move, physical(), claimed, shipped),
    ],
    ['delivery_not_shipped', 'arrived, and never sent', () => afterwards(received, physical(), claimed)],
    ['delivery_not_shipped', 'the same, by the host', () => afterwards(host('delivered'), physical(), claimed)],
    [
      'delivery_not_shipped',
      'came back, and had arrived',
      () => afterwards(host('undeliverable'), physical(), claimed, shipped, arrived),
    ],
    [
      'delivery_not_undeliverable',
      'given up while it is on its way',
      () =>
        afterwards(
          host('give-up', () => walk.ops),
          physical(),
          claimed,
          shipped,
        ),
    ],
    [
      'second_person_missing',
      'given up by the host',
      () => afterwards(host('give-up'), physical(), claimed, shipped, cameBack),
    ],
    [
      'award_not_found',
      'sent, of another giveaway',
      async () =>
        ship({ ...(await won(physical())), giveawayId: await openTestGiveaway(walk.db, { hostId: walk.host.id }) }),
    ],
    [
      'giveaway_not_found',
      'arrived, by the host of another giveaway',
      () =>
        afterwards(
          host('delivered', () => walk.stranger),
          physical(),
          claimed,
          shipped,
        ),
    ],
    [
      'giveaway_not_found',
      'the addresses, for the host of another giveaway',
      () => afterwards(({ giveawayId }) => walk.call('GET', `/giveaways/${giveawayId}/deliveries.csv`, walk.stranger)),
    ],
  ]);
});
