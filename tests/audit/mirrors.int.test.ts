import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkAwards, checkMirrors } from '../../db/audit-mirrors.ts';
import type { Database } from '../../db/connect.ts';
import { completeRelease, releaseEscrow } from '../../db/giftcard/release-escrow.ts';
import { postEscrow, reserveEscrow } from '../../db/giftcard/reserve-escrow.ts';
import type { CheckResult } from '../../db/ledger/invariants.ts';
import { creditRelease } from '../../db/wallet/credit-release.ts';
import { holdWallet, postWalletHold } from '../../db/wallet/hold-wallet.ts';
import { cause, openCardShop, type CardShop } from '../support/cards.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { fundHost } from '../support/wallets.ts';

/** Past the triggers. */
const tamper = (db: Database, sql: string, bindings: readonly string[] = []): Promise<void> =>
  db.transaction(async (trx) => {
    await trx.raw('set local session_replication_role = replica');
    await trx.raw(sql, [...bindings]);
  });
const verdicts = ({ inFlight, late, broken }: CheckResult): number[] => [inFlight, late, broken];

describe('what mirrors between the two books', () => {
  let giveaway: TestDatabase;
  let giftcard: TestDatabase;
  let shop: CardShop;
  let hostId: string;

  beforeAll(async () => {
    [giveaway, giftcard] = [await createTestDatabase('giveaway'), await createTestDatabase('giftcard')];
    shop = await openCardShop(giftcard.db);
    ({ hostId } = await fundHost(giveaway.db, { amountMinor: 1_000_000n, feeMinor: 10_000n }));
  });
  afterAll(async () => {
    await giveaway.drop();
    await giftcard.drop();
  });

  const mirrors = (book: 'giveaway' | 'giftcard', budgetMs?: number) =>
    checkMirrors(book, { giveaway: giveaway.db, giftcard: giftcard.db }, { budgetMs });
  const amounts = { currency: 'USD', grossMinor: 10_000n };

  /** As far as asked: the hold, the reservation, the pivot, the escrow. @returns the id of all of it, and its card. */
  async function publish(steps: 3 | 4): Promise<{ id: string; cardId: string }> {
    const [id, cardId] = [randomUUID(), randomUUID()];
    await holdWallet(giveaway.db, { id, hostId, giveawayId: null, ...amounts }, cause);
    const cards = [{ cardId, merchantId: shop.merchantId, catalogueItemId: shop.itemId, faceMinor: 10_000n }];
    const reservation = { reservationId: id, giveawayId: null, hostId, fundingFeeMinor: 100n, cards, ...amounts };
    await reserveEscrow(giftcard.db, reservation, cause);
    await postWalletHold(giveaway.db, id, cause);
    if (steps === 4) await postEscrow(giftcard.db, id, cause);
    return { id, cardId };
  }
  const CLEARING_OF = `(select ledger_uuid('transfer', ?, ?, 'clearing'))`;

  it('is ok when it has arrived, in flight while its owner is open, and late beyond the budget', async () => {
    await publish(4);
    expect(verdicts(await mirrors('giftcard'))).toEqual([0, 0, 0]);
    const { id } = await publish(3);
    expect(verdicts(await mirrors('giftcard'))).toEqual([1, 0, 0]);
    expect(verdicts(await mirrors('giftcard', 0))).toEqual([0, 1, 0]);
    await postEscrow(giftcard.db, id, cause);
    expect(verdicts(await mirrors('giftcard', 0))).toEqual([0, 0, 0]);
  });

  it('is broken when it never left, or left as another amount', async () => {
    const { id } = await publish(4);
    const sql = `update ledger_transfers set amount_minor = amount_minor + ? where pending_id = ${CLEARING_OF}`;
    await tamper(giveaway.db, sql, ['1', 'publish', id]);
    const changed = await mirrors('giftcard');
    expect(verdicts(changed)).toEqual([0, 0, 1]);
    expect(changed.rows).toMatchObject([{ currency: 'USD', facts: { receivedMinor: '9900', givenMinor: '9901' } }]);
    await tamper(giveaway.db, sql, ['-1', 'publish', id]);
    expect(verdicts(await mirrors('giftcard'))).toEqual([0, 0, 0]);
    expect(verdicts(await mirrors('giveaway'))).toEqual([0, 0, 0]);
  });

  it('is broken when it left and nobody brings it over any more', async () => {
    const { id } = await publish(3);
    await tamper(giftcard.db, `update escrow_reservations set state = 'VOIDED' where id = ?`, [id]);
    expect(verdicts(await mirrors('giftcard'))).toEqual([0, 0, 1]);
    await tamper(giftcard.db, `update escrow_reservations set state = 'RESERVING' where id = ?`, [id]);
    await postEscrow(giftcard.db, id, cause);
    expect(verdicts(await mirrors('giftcard'))).toEqual([0, 0, 0]);
  });

  it('holds the other way round for what is released', async () => {
    const { cardId } = await publish(4);
    const release = {
      releaseId: randomUUID(),
      hostId,
      currency: 'USD',
      giveawayId: null,
      reason: 'cancelled' as const,
    };
    const { cashMinor, feeMinor } = await releaseEscrow(giftcard.db, { ...release, cardIds: [cardId] }, cause);
    expect(verdicts(await mirrors('giveaway'))).toEqual([1, 0, 0]);
    expect(verdicts(await mirrors('giveaway', 0))).toEqual([0, 1, 0]);
    await completeRelease(giftcard.db, release, cause);
    expect(verdicts(await mirrors('giveaway'))).toEqual([0, 0, 1]);
    const credit = { ...release, cashMinor: BigInt(cashMinor), feeMinor: BigInt(feeMinor) };
    await creditRelease(giveaway.db, credit, cause);
    expect(verdicts(await mirrors('giveaway'))).toEqual([0, 0, 0]);
    expect(verdicts(await mirrors('giftcard'))).toEqual([0, 0, 0]);
  });

  it('finds an award whose escrow is not there, or is another amount', async () => {
    const { cardId } = await publish(4);
    const [giveawayId, prizeId] = [randomUUID(), randomUUID()];
    await tamper(
      giveaway.db,
      `insert into giveaway_prizes (id, group_id, giveaway_id, position, merchant_id, catalogue_item_id, card_id, face_minor, currency)
       values (?, ?, ?, 1, gen_random_uuid(), gen_random_uuid(), ?, 10000, 'USD')`,
      [prizeId, prizeId, giveawayId, cardId],
    );
    await tamper(
      giveaway.db,
      `insert into giveaway_awards (id, giveaway_id, draw_number, prize_id, rank, participant_id, reason, claim_expires_at)
       values (gen_random_uuid(), ?, 1, ?, 1, gen_random_uuid(), 'drawn', now())`,
      [giveawayId, prizeId],
    );
    const awards = () => checkAwards({ giveaway: giveaway.db, giftcard: giftcard.db });
    expect(await awards()).toMatchObject({ checked: 1, broken: 0 });
    await tamper(giveaway.db, 'update giveaway_prizes set face_minor = 9999 where id = ?', [prizeId]);
    expect(await awards()).toMatchObject({
      broken: 1,
      rows: [{ facts: { cardId, prizeMinor: '9999', escrowMinor: '10000' } }],
    });
  });
});
