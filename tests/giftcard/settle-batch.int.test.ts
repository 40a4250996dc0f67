import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callCommand } from '../../db/call-command.ts';
import { checkGiftcards } from '../../db/giftcard/audit.ts';
import { completeLeg, type SettlementStep } from '../../db/giftcard/pay-settlement.ts';
import { redeemGiftCard } from '../../db/giftcard/redeem-gift-card.ts';
import { dueMerchants, formBatch, formPlatformBatch, settleEscrows } from '../../db/giftcard/settle-batch.ts';
import { requestRefund } from '../../db/giftcard/refund-redemption.ts';
import { checkLedger } from '../../db/ledger/audit.ts';
import { twice } from '../commands/twice.ts';
import { cause, issueCard, openCardShop, payoutRules, redemptionOf, type CardShop } from '../support/cards.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

describe('settling in batches', () => {
  let test: TestDatabase;

  beforeAll(async () => {
    test = await createTestDatabase('giftcard');
  });
  afterAll(() => test.drop());

  const openShop = () => openCardShop(test.db, { payoutSchedule: 'daily' });
  const redeem = async (shop: CardShop, faceMinor = 10_000n, fundingFeeMinor = 250n) => {
    const cardId = await issueCard(test.db, shop, { faceMinor, fundingFeeMinor });
    const redemption = redemptionOf(cardId, shop, { payout: { settle: 'later' } });
    return twice(test.db, () => redeemGiftCard(test.db, redemption, cause));
  };
  const batch = (shop: CardShop, change: object = {}) => ({
    merchantId: shop.merchantId,
    currency: 'USD',
    window: '2026-01-01',
    part: 0,
    workflowId: 'test',
    ...payoutRules,
    ...change,
  });
  const pay = async (step: SettlementStep | null): Promise<SettlementStep> => {
    if (!step?.intent) throw new Error('There is nothing to pay');
    const { settlementId, intent } = step;
    const paid = { settlementId, intentId: intent.intentId, providerId: randomUUID(), payoutFeeMinor: 25n };
    return completeLeg(test.db, { ...paid, ...payoutRules }, cause);
  };

  it('pays three redemptions by one settlement with two transfers', async () => {
    const shop = await openShop();
    for (let index = 0; index < 3; index += 1)
      expect(await redeem(shop)).toMatchObject({ state: 'LINED_UP', step: null });
    const formed = await twice(test.db, () => formBatch(test.db, batch(shop), cause));
    expect(formed?.intent).toMatchObject({ leg: 'merchant', amountMinor: '27786' });
    const platform = await pay(formed);
    expect(platform.intent).toMatchObject({ leg: 'platform', amountMinor: '1464' });
    expect(await pay(platform)).toMatchObject({ state: 'SETTLED', intent: null });
    expect(await formBatch(test.db, batch(shop, { window: '2026-01-02' }), cause)).toBeNull();
    await settleEscrows(test.db, platform.settlementId, () => {});
    const escrows = await test
      .db('card_escrows')
      .whereIn('card_id', test.db('gift_cards').where({ merchant_id: shop.merchantId }).select('id'));
    expect(escrows.map(({ state }) => state)).toEqual(['SETTLED', 'SETTLED', 'SETTLED']);
  });

  it('puts a redemption in one batch only, whoever forms how many at once', async () => {
    const shop = await openShop();
    for (let index = 0; index < 5; index += 1) await redeem(shop);
    const forms = Array.from({ length: 20 }, (_, part) => formBatch(test.db, batch(shop, { part }), cause));
    const formed = (await Promise.all(forms)).filter((step) => step !== null);
    const rows = await test.db('settlements').where({ merchant_id: shop.merchantId });
    expect(rows).toHaveLength(formed.length);
    expect(rows.reduce((sum, { merchant_minor: minor }) => sum + minor, 0n)).toBe(5n * 9_262n);
    expect(rows.reduce((sum, { line_count: lines }) => sum + lines, 0)).toBe(5);
  });

  it.each([1, 2])(
    'takes refunds with the earnings that they lessen, when a batch holds no more than %i of these',
    async (maxLines) => {
      const shop = await openShop();
      const redeemed = [await redeem(shop), await redeem(shop), await redeem(shop)];
      for (const { redemptionId } of redeemed.slice(1)) {
        const refund = { refundId: randomUUID(), redemptionId, amountMinor: null, reason: 'returned' };
        expect(await requestRefund(test.db, refund, cause)).toMatchObject({ way: 'before_payout' });
      }
      const form = (part: number) =>
        callCommand<SettlementStep | null>(test.db, 'form_batch', { ...batch(shop, { part }), maxLines, ...cause });
      // The oldest earnings are 9,262 and 18,524: the merchant has 9,262, when all that was given back is taken from it.
      expect(await form(0)).toMatchObject({ state: 'SETTLED', intent: null });
      const formed = await form(1);
      expect(formed?.intent).toMatchObject({ leg: 'merchant', amountMinor: '9262' });
      expect(await pay(await pay(formed))).toMatchObject({ state: 'SETTLED' });
      expect(await form(2)).toBeNull();
    },
  );

  it('carries what is below the provider’s minimum to the next window', async () => {
    const shop = await openShop();
    await redeem(shop, 100n, 2n);
    const minimum = { payoutMinimumMinor: 150n };
    expect(await formBatch(test.db, batch(shop, minimum), cause)).toBeNull();
    await redeem(shop, 100n, 2n);
    const formed = await formBatch(test.db, batch(shop, { ...minimum, window: '2026-01-02' }), cause);
    // 98 · 5 % = 4.9 → 5, 93 for the merchant.
    expect(formed?.intent).toMatchObject({ leg: 'merchant', amountMinor: '186' });
    const { settlementId, intent } = formed ?? {};
    const paid = {
      settlementId: settlementId ?? '',
      intentId: intent?.intentId ?? '',
      providerId: 'tr',
      payoutFeeMinor: 0n,
    };
    const step = await completeLeg(test.db, { ...paid, ...payoutRules, ...minimum }, cause);
    // Our share of 10 is below the minimum too: it is carried, and the settlement is done.
    expect(step).toMatchObject({ state: 'SETTLED' });
    const window = { currency: 'USD', window: '2026-01-02', workflowId: 'test', platformReserveMinor: 0n };
    expect(await formPlatformBatch(test.db, { ...window, payoutMinimumMinor: 11n }, cause)).toBeNull();
    const platform = await formPlatformBatch(test.db, { ...window, payoutMinimumMinor: 10n }, cause);
    expect(platform?.intent).toMatchObject({ leg: 'platform', amountMinor: '10' });
    expect(await pay(platform)).toMatchObject({ state: 'SETTLED' });
  });

  it('withholds our share while merchants owe us more than the reserve', async () => {
    const shop = await openShop();
    await redeem(shop);
    await test.db.raw(
      `select ledger_book(array[ledger_transfer('posted', gen_random_uuid(), ledger_account('merchant:receivable', ?, 'USD'),
         ledger_account('unclaimed', 'test', 'USD'), 1000, 'USD', 'test', 'test')])`,
      [shop.ownerId],
    );
    const formed = await formBatch(test.db, batch(shop), cause);
    expect(await pay(formed)).toMatchObject({ state: 'SETTLED' });
    const window = { currency: 'USD', window: '2026-01-03', workflowId: 'test', payoutMinimumMinor: 0n };
    expect(await formPlatformBatch(test.db, { ...window, platformReserveMinor: 999n }, cause)).toBeNull();
    const released = await formPlatformBatch(test.db, { ...window, platformReserveMinor: 1_000n }, cause);
    expect(await pay(released)).toMatchObject({ state: 'SETTLED' });
  });

  it('lists the merchants to whom something is due, by cadence and page by page', async () => {
    const hourly = await openCardShop(test.db, { payoutSchedule: 'hourly' });
    const daily = await openShop();
    for (const shop of [hourly, daily]) await redeem(shop);
    const all = await dueMerchants(test.db, { cadence: 'daily', after: undefined, limit: 100 });
    const due = all.map(({ merchantId }) => merchantId);
    expect(due).toEqual(expect.arrayContaining([hourly.merchantId, daily.merchantId]));
    expect(await dueMerchants(test.db, { cadence: 'hourly', after: undefined, limit: 100 })).toEqual([
      { merchantId: hourly.merchantId, currency: 'USD', lines: 1 },
    ]);
    const [first] = await dueMerchants(test.db, { cadence: 'daily', after: undefined, limit: 1 });
    const rest = await dueMerchants(test.db, { cadence: 'daily', after: first, limit: 100 });
    expect([first, ...rest]).toEqual(all);
  });

  it('keeps the invariants', async () => {
    const lines = [...(await checkLedger(test.db, 'giftcard')), ...(await checkGiftcards(test.db))];
    expect(lines.filter(({ broken }) => broken > 0)).toEqual([]);
  });
});
