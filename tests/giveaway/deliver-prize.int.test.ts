import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkGiveaways } from '../../db/giveaway/audit.ts';
import { leftOverPrizes } from '../../db/giveaway/cancel-giveaway.ts';
import { claimAward } from '../../db/giveaway/claim-award.ts';
import {
  changeAwardAddress,
  claimPhysicalAward,
  confirmDelivery,
  eraseAddresses,
  exportDeliveries,
  giveUpDelivery,
  reportUndeliverable,
  shipPrize,
  shipPrizes,
} from '../../db/giveaway/deliver-prize.ts';
import { editGiveaway } from '../../db/giveaway/edit-giveaway.ts';
import { createGiveaway, type NewPrize } from '../../db/giveaway/create-giveaway.ts';
import { declineAward } from '../../db/giveaway/decline-award.ts';
import { eraseUser } from '../../db/giveaway/erase-user.ts';
import { registerUser } from '../../db/identity/users.ts';
import { unfulfilledAwards } from '../../db/giveaway/fulfil-award.ts';
import { twice } from '../commands/twice.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { drawTestGiveaway, testPrizes, type AwardRow, type DrawnGiveaway } from '../support/drawn-giveaway.ts';

const cause = { actor: 'user:test', requestId: 'test' };
const address = Buffer.from('sealed somewhere else');
const sent = (count: number): NewPrize[] => {
  const group = { id: randomUUID(), name: 'Bicycle', description: 'A red one' };
  return Array.from({ length: count }, () => ({ kind: 'physical', id: randomUUID(), faceMinor: 50_000n, group }));
};

describe('a prize that is sent', () => {
  let test: TestDatabase;
  const award = async (drawn: DrawnGiveaway, rank: number): Promise<AwardRow> => {
    const found = (await drawn.awards()).find((row) => row.rank === rank);
    if (!found) throw new Error(`Rank ${rank} was offered nothing`);
    return found;
  };
  const winner = ({ id: awardId, participant_id: participantId }: AwardRow) => ({ awardId, participantId });
  const claim = (row: AwardRow) => claimPhysicalAward(test.db, { ...winner(row), address }, cause);
  const ship = (drawn: DrawnGiveaway, { id: awardId }: AwardRow, trackingNumber = 'T-1') =>
    shipPrize(test.db, { giveawayId: drawn.giveawayId, awardId, carrier: 'Post', trackingNumber }, cause);
  const fail = (drawn: DrawnGiveaway, { id: awardId }: AwardRow) =>
    reportUndeliverable(test.db, { giveawayId: drawn.giveawayId, awardId, reason: 'nobody there' }, cause);
  const giveUp = (drawn: DrawnGiveaway, { id: awardId }: AwardRow, byHost = false) =>
    giveUpDelivery(test.db, { giveawayId: drawn.giveawayId, awardId, reason: 'moved away', byHost }, cause);
  const addressOf = async ({ id }: AwardRow): Promise<Buffer | null> =>
    (await test.db('giveaway_deliveries').where({ award_id: id }).first()).address_sealed;
  const erase = (keptMs: number) => eraseAddresses(test.db, { keptMs, limit: 500 });

  beforeAll(async () => {
    test = await createTestDatabase('giveaway');
  });
  afterAll(() => test.drop());

  it('is claimed with an address, sent, and arrives; a repeat changes nothing', async () => {
    const drawn = await drawTestGiveaway(test.db, { participants: 2, prizes: sent(1) });
    const first = await award(drawn, 1);
    await expect(claimAward(test.db, winner(first), cause)).rejects.toMatchObject({ code: 'award_address_missing' });
    await expect(ship(drawn, first)).rejects.toMatchObject({ code: 'delivery_not_found' });
    expect(await twice(test.db, () => claim(first))).toMatchObject({ state: 'VERIFIED', cardId: null });
    expect(await unfulfilledAwards(test.db, 10)).toEqual([]);
    await expect(fail(drawn, first)).rejects.toMatchObject({ code: 'delivery_not_shipped' });
    expect(await twice(test.db, () => ship(drawn, first))).toMatchObject({ awardState: 'FULFILLING', shipments: 1 });
    expect(await ship(drawn, first, 'T-2')).toMatchObject({ shipments: 1, trackingNumber: 'T-2' });
    expect(await test.db('notifications').where({ award_id: first.id, kind: 'prize_shipped' })).toHaveLength(1);
    await expect(changeAwardAddress(test.db, { ...winner(first), address }, cause)).rejects.toMatchObject({
      code: 'delivery_not_changeable',
    });
    await expect(
      confirmDelivery(test.db, { awardId: first.id, participantId: randomUUID() }, cause),
    ).rejects.toMatchObject({ code: 'award_not_yours' });
    expect(await twice(test.db, () => confirmDelivery(test.db, winner(first), cause))).toMatchObject({
      awardState: 'FULFILLED',
      state: 'DELIVERED',
    });
    expect((await leftOverPrizes(test.db, drawn.giveawayId)).cardIds).toEqual([]);
  });

  it('that comes back waits for a decision: sent again, to another address, or given up by the platform', async () => {
    const drawn = await drawTestGiveaway(test.db, { participants: 3, prizes: sent(1) });
    const first = await award(drawn, 1);
    await claim(first);
    await expect(giveUp(drawn, first)).rejects.toMatchObject({ code: 'delivery_not_undeliverable' });
    await ship(drawn, first);
    expect(await twice(test.db, () => fail(drawn, first))).toMatchObject({ state: 'UNDELIVERABLE' });
    const moved = Buffer.from('another');
    await changeAwardAddress(test.db, { ...winner(first), address: moved }, cause);
    expect(await addressOf(first)).toEqual(moved);
    expect(await ship(drawn, first)).toMatchObject({ shipments: 2, state: 'SHIPPED', problem: null });
    await fail(drawn, first);
    await expect(giveUp(drawn, first, true)).rejects.toMatchObject({ code: 'second_person_missing' });
    expect(await twice(test.db, () => giveUp(drawn, first))).toMatchObject({
      awardState: 'EXPIRED',
      state: 'GIVEN_UP',
    });
    expect(await drawn.states()).toEqual(['1 EXPIRED', '2 NOTIFIED']);
    expect(await addressOf(first)).toBeNull();
    await expect(confirmDelivery(test.db, winner(first), cause)).rejects.toMatchObject({
      code: 'delivery_not_shipped',
    });
    await expect(ship(drawn, first)).rejects.toMatchObject({ code: 'delivery_not_possible' });
  });

  it('has its address erased when nobody needs it any more', async () => {
    const drawn = await drawTestGiveaway(test.db, { participants: 4, prizes: sent(3), claimVerification: 'manual' });
    const [declined, kept] = [await award(drawn, 1), await award(drawn, 2)];
    for (const row of [declined, kept]) expect(await claim(row)).toMatchObject({ state: 'CLAIMED' });
    await declineAward(test.db, winner(declined), cause);
    expect(await erase(86_400_000)).toEqual({ erased: 1 });
    expect([await addressOf(declined), await addressOf(kept)]).toEqual([null, address]);
    await test.db('giveaway_awards').where({ id: kept.id }).update({ state: 'VERIFIED' });
    await ship(drawn, kept);
    await confirmDelivery(test.db, { giveawayId: drawn.giveawayId, awardId: kept.id }, cause);
    expect((await erase(86_400_000)).erased).toBe(0);
    expect((await erase(0)).erased).toBeGreaterThan(0);
    expect(await addressOf(kept)).toBeNull();
    const rows = [];
    for await (const piece of exportDeliveries(test.db, drawn.giveawayId)) rows.push(...piece);
    expect(rows).toMatchObject([{ rank: 2, prize: 'Bicycle', state: 'DELIVERED', addressSealed: null }]);
  });

  it('leaves neither address nor tracking number when its winner is erased', async () => {
    const drawn = await drawTestGiveaway(test.db, { participants: 1, prizes: sent(1) });
    const row = await award(drawn, 1);
    const userId = row.participant_id;
    const account = { email: `${userId}@example.com`, displayName: 'Ada', passwordHash: 'none' };
    await registerUser(test.db, { id: userId, ...account, roles: ['participant'] }, cause);
    await claim(row);
    await ship(drawn, row);
    await confirmDelivery(test.db, winner(row), cause);
    await test.db('giveaways').where({ id: drawn.giveawayId }).update({ state: 'COMPLETED' });
    await eraseUser(test.db, { userId, abandonPrizes: true }, cause);
    expect(await test.db('giveaway_deliveries').where({ award_id: row.id }).first()).toMatchObject({
      state: 'DELIVERED',
      address_sealed: null,
      carrier: null,
      tracking_number: null,
    });
  });

  it('is sent with many others, and what is refused holds up none of them', async () => {
    const drawn = await drawTestGiveaway(test.db, { participants: 3, prizes: sent(3) });
    const rows = await drawn.awards();
    for (const row of rows.slice(0, 2)) await claim(row);
    const shipments = [...rows, { id: randomUUID() }].map(({ id: awardId }, index) => ({
      awardId,
      carrier: 'Post',
      trackingNumber: `T-${index}`,
    }));
    const answers = await twice(test.db, () => shipPrizes(test.db, { giveawayId: drawn.giveawayId, shipments }, cause));
    const refusals = shipments.map(({ awardId }) => answers.find((answer) => answer.awardId === awardId)?.refusal);
    expect(refusals).toEqual([null, null, 'delivery_not_found', 'award_not_found']);
    expect(await drawn.states()).toEqual(['1 FULFILLING', '2 FULFILLING', '3 NOTIFIED']);
    expect(await test.db('notifications').where({ giveaway_id: drawn.giveawayId, kind: 'prize_shipped' })).toHaveLength(
      2,
    );
  });

  it('needs a claim, and a card needs no address', async () => {
    const texts = { title: 'T', description: '', currency: 'USD', claimWindowMs: 60_000 };
    const draft = { id: randomUUID(), hostId: randomUUID(), ...texts, closesAt: new Date(Date.now() + 600_000) };
    const create = (claims: 'automatic' | 'required') =>
      createGiveaway(test.db, { ...draft, claims, prizes: sent(1) }, cause);
    await expect(create('automatic')).rejects.toMatchObject({ code: 'prize_needs_claim' });
    await create('required');
    const edit = { giveawayId: draft.id, hostId: draft.hostId, change: { claims: 'automatic' as const }, notice: 'Oh' };
    await expect(editGiveaway(test.db, edit, cause)).rejects.toMatchObject({ code: 'prize_needs_claim' });
    const cards = await drawTestGiveaway(test.db, { participants: 1, prizes: testPrizes(1) });
    await expect(claim(await award(cards, 1))).rejects.toMatchObject({ code: 'award_address_not_needed' });
  });

  it('keeps the invariants', async () => {
    expect((await checkGiveaways(test.db)).filter(({ broken }) => broken > 0)).toEqual([]);
  });
});
