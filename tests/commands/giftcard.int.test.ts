import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assignGiftCard } from '../../db/giftcard/assign-gift-card.ts';
import { checkGiftcards } from '../../db/giftcard/audit.ts';
import { resumeSettlement } from '../../db/giftcard/decide-settlement.ts';
import { redeemGiftCard } from '../../db/giftcard/redeem-gift-card.ts';
import { addCatalogueItem, registerMerchant } from '../../db/giftcard/register-merchant.ts';
import { postEscrow, reserveEscrow, voidEscrow } from '../../db/giftcard/reserve-escrow.ts';
import {
  completeLeg,
  markIntentUnknown,
  nextStep,
  parkSettlement,
  refuseLeg,
} from '../../db/giftcard/pay-settlement.ts';
import { checkLedger } from '../../db/ledger/audit.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { eventCounts, twice } from './twice.ts';

const cause = { actor: 'system', requestId: 'test' };
const ids = {
  merchant: randomUUID(),
  owner: randomUUID(),
  item: randomUUID(),
  reservation: randomUUID(),
  card: randomUUID(),
  host: randomUUID(),
};
const reservation = {
  reservationId: ids.reservation,
  giveawayId: randomUUID(),
  hostId: ids.host,
  currency: 'USD',
  grossMinor: 10_000n,
  fundingFeeMinor: 250n,
  cards: [{ cardId: ids.card, merchantId: ids.merchant, catalogueItemId: ids.item, faceMinor: 10_000n }],
};
const rules = { payoutMinimumMinor: 0n, platformReserveMinor: 0n };
const redemption = ({
  settlementId = randomUUID(),
  ...change
}: { settlementId?: `${string}-${string}-${string}-${string}-${string}`; cardId?: string; expiresAt?: Date } = {}) => ({
  redemptionId: randomUUID(),
  payout: { settle: 'instant' as const, settlementId, workflowId: 'test', ...rules },
  cardId: ids.card,
  merchantId: ids.merchant,
  amountMinor: null,
  currency: null,
  expiresAt: new Date(Date.now() + 60_000),
  ...change,
});

describe('every command of the giftcard database, twice at once and again', () => {
  let test: TestDatabase;
  const settlementId = randomUUID();
  const run = <T>(command: () => Promise<T>): Promise<T> => twice(test.db, command);

  beforeAll(async () => {
    test = await createTestDatabase('giftcard');
    await registerMerchant(
      test.db,
      { id: ids.merchant, ownerId: ids.owner, name: 'M', payoutAccount: 'acct', payoutSchedule: 'instant' as const },
      cause,
    );
  });
  afterAll(() => test.drop());

  it('registers a merchant and its catalogue', async () => {
    const merchant = {
      id: randomUUID(),
      ownerId: ids.owner,
      name: 'M',
      payoutAccount: 'acct',
      payoutSchedule: 'instant' as const,
    };
    await run(() => registerMerchant(test.db, merchant, cause));
    const item = {
      id: ids.item,
      merchantId: ids.merchant,
      name: 'Card',
      currency: 'USD',
      amountsMinor: [10_000n],
      minMinor: 10_000n,
      maxMinor: 10_000n,
      validityDays: 30,
      validUntil: null,
    };
    await run(() => addCatalogueItem(test.db, item, ids.owner, cause));
  });

  it('reserves, posts and assigns', async () => {
    await run(() => reserveEscrow(test.db, reservation, cause));
    await run(() => postEscrow(test.db, ids.reservation, cause));
    const code = { hash: Buffer.from('hash'), sealed: Buffer.from('sealed') };
    await run(() =>
      assignGiftCard(test.db, { cardId: ids.card, awardId: ids.host, assigneeId: ids.owner, code }, cause),
    );
  });

  it('redeems once, however often it is asked', async () => {
    const input = redemption({ settlementId });
    expect((await run(() => redeemGiftCard(test.db, input, cause))).amountMinor).toBe('10000');
    await expect(redeemGiftCard(test.db, redemption(), cause)).rejects.toMatchObject({ code: 'card_already_redeemed' });
  });

  it('settles: a refused leg, a case, a decision, a new intent', async () => {
    const next = () => nextStep(test.db, { settlementId, ...rules }, cause);
    const first = (await run(next)).intent?.intentId ?? '';
    await run(() => markIntentUnknown(test.db, first));
    expect((await next()).intent?.state).toBe('UNKNOWN');
    await run(() => refuseLeg(test.db, { settlementId, intentId: first, failureCode: 'account_closed' }, cause));
    const { caseNumber } = await run(() => parkSettlement(test.db, { settlementId, reason: 'account_closed' }, cause));
    expect((await next()).intent).toBeNull();
    await expect(
      resumeSettlement(test.db, { settlementId, caseNumber: caseNumber + 1, reason: 'no' }, cause),
    ).rejects.toMatchObject({ code: 'case_changed' });
    await run(() => resumeSettlement(test.db, { settlementId, caseNumber, reason: 'mended' }, cause));
    const paid = { settlementId, providerId: 'tr_1', payoutFeeMinor: 25n, ...rules };
    const merchant = (await run(next)).intent;
    expect(merchant).toMatchObject({ leg: 'merchant', amountMinor: '9262' });
    expect(merchant?.intentId).not.toBe(first);
    const { intent } = await run(() => completeLeg(test.db, { ...paid, intentId: merchant?.intentId ?? '' }, cause));
    expect(intent).toMatchObject({ leg: 'platform', amountMinor: '488' });
    const settled = await run(() => completeLeg(test.db, { ...paid, intentId: intent?.intentId ?? '' }, cause));
    expect(settled).toMatchObject({ state: 'SETTLED', intent: null });
    expect(await eventCounts(test.db)).toMatchObject({
      'giftcard.settlement.needs_attention': 1,
      'giftcard.settlement.settled': 1,
    });
  });

  it('refuses a late reserve after an undo that found nothing', async () => {
    const late = {
      ...reservation,
      reservationId: randomUUID(),
      cards: [{ ...reservation.cards[0]!, cardId: randomUUID() }],
    };
    await run(() => voidEscrow(test.db, late.reservationId, cause));
    await expect(reserveEscrow(test.db, late, cause)).rejects.toMatchObject({ code: 'escrow_reservation_voided' });
  });

  it('keeps the invariants, and forbids by itself what must never be', async () => {
    expect(
      [...(await checkLedger(test.db, 'x')), ...(await checkGiftcards(test.db))].filter(({ broken }) => broken > 0),
    ).toEqual([]);
    const forbidden = [
      test.db('card_escrows').where({ card_id: ids.card }).update({ state: 'RESERVED', redemption_id: null }),
      test.db('gift_cards').where({ id: ids.card }).update({ remaining_minor: 1 }),
      test.db('settlement_lines').where({ settlement_id: settlementId }).update({ settlement_id: randomUUID() }),
      test.db('ledger_transfers').del(),
      test.db('domain_events').update({ actor: 'somebody else' }),
      test.db('ledger_accounts').where({ type: 'escrow' }).update({ debits_posted: 999_999_999 }),
      test.db.raw(
        `insert into settlement_intents (id, settlement_id, leg, number, amount_minor, currency)
        values (gen_random_uuid(), ?, 'merchant', 9, 1, 'USD')`,
        [settlementId],
      ),
    ];
    const outcomes = await Promise.allSettled(forbidden);
    expect(outcomes.map(({ status }) => status)).toEqual(forbidden.map(() => 'rejected'));
  });

  it('refuses an expired card, by the database’s clock', async () => {
    const more = {
      ...reservation,
      reservationId: randomUUID(),
      cards: [{ ...reservation.cards[0]!, cardId: randomUUID() }],
    };
    const cardId = more.cards[0]?.cardId ?? '';
    await reserveEscrow(test.db, more, cause);
    await postEscrow(test.db, more.reservationId, cause);
    const code = { hash: Buffer.from('other'), sealed: Buffer.from('sealed') };
    await assignGiftCard(test.db, { cardId, awardId: randomUUID(), assigneeId: ids.owner, code }, cause);
    await test.db('gift_cards').where({ id: cardId }).update({ expires_at: new Date() });
    await expect(redeemGiftCard(test.db, redemption({ cardId }), cause)).rejects.toMatchObject({
      code: 'card_expired',
    });
    const late = redemption({ cardId, expiresAt: new Date(0) });
    await expect(redeemGiftCard(test.db, late, cause)).rejects.toMatchObject({ code: 'request_expired' });
  });

  it('lets one of a hundred simultaneous redemptions of a card through', async () => {
    const more = {
      ...reservation,
      reservationId: randomUUID(),
      cards: [{ ...reservation.cards[0]!, cardId: randomUUID() }],
    };
    const cardId = more.cards[0]?.cardId ?? '';
    await reserveEscrow(test.db, more, cause);
    await postEscrow(test.db, more.reservationId, cause);
    await expect(redeemGiftCard(test.db, redemption({ cardId }), cause)).rejects.toMatchObject({
      code: 'card_not_redeemable',
    });
    const code = { hash: Buffer.from('third'), sealed: Buffer.from('sealed') };
    await assignGiftCard(test.db, { cardId, awardId: randomUUID(), assigneeId: ids.owner, code }, cause);
    const outcomes = await Promise.allSettled(
      Array.from({ length: 100 }, () => redeemGiftCard(test.db, redemption({ cardId }), cause)),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });
});
