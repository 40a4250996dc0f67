import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { GiftcardApi } from '../../api/giftcard/dependencies.ts';
import { financeRefundRoutes } from '../../api/giftcard/finance-refunds.ts';
import { financeSettlementRoutes } from '../../api/giftcard/finance-settlements.ts';
import { completeLeg, parkSettlement, refuseLeg, type SettlementStep } from '../../db/giftcard/pay-settlement.ts';
import { redeemGiftCard } from '../../db/giftcard/redeem-gift-card.ts';
import { parkRefund, requestRefund } from '../../db/giftcard/refund-redemption.ts';
import type { PaymentsPort } from '../../providers/payments/port.ts';
import { cause, issueCard, openCardShop, payoutRules, redemptionOf, type CardShop } from '../support/cards.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { startHttpApp, testKeys, type HttpApp } from '../support/http-app.ts';
import { startPaymentsSimulator, type PaymentsSimulator } from '../support/payments-simulator.ts';

describe('what waits for finance', () => {
  let test: TestDatabase;
  let shop: CardShop;
  let provider: PaymentsSimulator;
  let payments: PaymentsPort;
  let app: HttpApp;
  let token: string;

  beforeAll(async () => {
    test = await createTestDatabase('giftcard');
    shop = await openCardShop(test.db);
    provider = await startPaymentsSimulator();
    payments = provider.payments('handsel', { PAYMENTS_TIMEOUT_MS: '10000' });
    const pool = { intentId: randomUUID(), amountMinor: 10_000_000n, currency: 'USD', source: 'tok_visa' };
    await payments.createCharge(pool);
    const keys = await testKeys();
    token = await keys.issuer.issue({ userId: randomUUID(), sessionId: randomUUID(), roles: ['finance'] });
    // Only what these routes use: they start no workflow and read no code.
    const deps = { db: test.db, payments } as GiftcardApi;
    app = await startHttpApp(test.db, keys, {
      routes: [...financeSettlementRoutes(deps), ...financeRefundRoutes(deps)],
    });
  });
  afterAll(async () => {
    await app.close();
    await provider.stop();
    await test.drop();
  });

  async function redeem(): Promise<SettlementStep & { redemptionId: string }> {
    const redemption = redemptionOf(await issueCard(test.db, shop), shop);
    const { step } = await redeemGiftCard(test.db, redemption, cause);
    if (!step) throw new Error('A settlement of its own is missing');
    return { ...step, redemptionId: redemption.redemptionId };
  }
  const intentOf = ({ intent }: SettlementStep): string => intent?.intentId ?? '';
  async function park(reason: string, change: { refused?: boolean } = {}): Promise<SettlementStep> {
    const step = await redeem();
    const { settlementId } = step;
    if (change.refused)
      await refuseLeg(test.db, { settlementId, intentId: intentOf(step), failureCode: reason }, cause);
    await parkSettlement(test.db, { settlementId, reason }, cause);
    return step;
  }
  const get = async (path: string) => {
    const { status, body } = await app.ask('GET', `/v1/finance/${path}`, { token });
    expect(status, JSON.stringify(body)).toBe(200);
    return body;
  };
  const send = (step: SettlementStep) =>
    payments.createTransfer({
      intentId: intentOf(step),
      amountMinor: BigInt(step.intent?.amountMinor ?? '0'),
      currency: 'USD',
      destinationAccount: 'acct',
    });

  it('is listed by reason, currency and age, page by page, and counted', async () => {
    for (const reason of ['account_closed', 'account_closed', 'account_closed', 'limit_exceeded'])
      await park(reason, { refused: true });
    const closed = 'settlements?state=needs_attention&reason=account_closed&currency=USD';
    const first = await get(`${closed}&limit=2`);
    const rest = await get(`${closed}&limit=2&after=${first.next}`);
    expect([first.data.length, rest.data.length, rest.next]).toEqual([2, 1, null]);
    expect(first.data[0]).toMatchObject({ reason: 'account_closed', currency: 'USD', merchantId: shop.merchantId });
    expect((await get(`${closed}&merchantId=${randomUUID()}`)).data).toEqual([]);
    expect((await get('settlements?state=needs_attention&currency=EUR')).data).toEqual([]);
    expect((await get(`${closed}&minAgeMs=3600000`)).data).toEqual([]);
    await test
      .db('settlements')
      .where({ id: first.data[0].settlementId })
      .update({ updated_at: new Date(Date.now() - 7_200_000) });
    expect((await get(`${closed}&minAgeMs=3600000`)).data).toHaveLength(1);
    expect((await get('case-counts')).settlements).toMatchObject([
      { reason: 'account_closed', currency: 'USD', count: 3, amountMinor: (3n * 9_262n).toString() },
      { reason: 'limit_exceeded', count: 1 },
    ]);
  });

  it('says that a retry opens a new intent after a definite refusal, and to which account', async () => {
    const { settlementId } = await park('account_closed', { refused: true });
    const { retry, intents, ageMs } = await get(`settlements/${settlementId}`);
    expect(retry).toMatchObject({
      leg: 'merchant',
      action: 'open_intent',
      because: 'last_intent_ended',
      intentId: null,
      merchantAccount: 'acct',
    });
    expect(intents).toMatchObject([{ state: 'FAILED_DEFINITE', provider: { says: 'not_found' } }]);
    expect(ageMs).toBeGreaterThanOrEqual(0);
  });

  it('asks the provider now: what arrived needs nothing, what did not is sent again under its own key', async () => {
    const arrived = await park('unknown');
    await send(arrived);
    expect(await get(`settlements/${arrived.settlementId}`)).toMatchObject({
      intents: [{ provider: { says: 'succeeded', feeMinor: '25' } }],
      retry: { action: 'none', because: 'already_succeeded', intentId: intentOf(arrived) },
    });
    const lost = await park('unknown');
    expect((await get(`settlements/${lost.settlementId}`)).retry).toMatchObject({
      action: 'repeat_intent',
      because: 'never_arrived',
    });
    const aged = { first_sent_at: new Date(Date.now() - 25 * 3_600_000) };
    await test
      .db('settlement_intents')
      .where({ id: intentOf(lost) })
      .update(aged);
    expect((await get(`settlements/${lost.settlementId}`)).retry).toMatchObject({
      action: 'none',
      because: 'never_arrived_and_key_expired',
    });
    const platform = await redeem();
    await send(platform);
    const paid = {
      settlementId: platform.settlementId,
      intentId: intentOf(platform),
      providerId: 'tr',
      payoutFeeMinor: 25n,
    };
    await completeLeg(test.db, { ...paid, ...payoutRules }, cause);
    expect((await get(`settlements/${platform.settlementId}`)).retry).toMatchObject({
      leg: 'platform',
      because: 'not_parked',
    });
  });

  it('tells the same of a refund whose pull-back nobody knows', async () => {
    const step = await redeem();
    const { settlementId } = step;
    await test.db('settlements').where({ id: settlementId }).update({ state: 'SETTLED' });
    const input = { refundId: randomUUID(), redemptionId: step.redemptionId, amountMinor: null, reason: 'broken' };
    await requestRefund(test.db, input, cause);
    await parkRefund(test.db, { refundId: input.refundId, reason: 'not_found' }, cause);
    const parked = 'refunds?state=waiting_for_merchant&reason=not_found&currency=USD&minAgeMs=0';
    expect((await get(parked)).data).toMatchObject([{ refundId: input.refundId, caseNumber: 1 }]);
    expect((await get(`${parked}&merchantId=${randomUUID()}`)).data).toEqual([]);
    expect(await get(`refunds/${input.refundId}`)).toMatchObject({
      intents: [{ number: 1, state: 'UNKNOWN', provider: { says: 'not_found' } }],
      retry: { action: 'repeat_intent', because: 'never_arrived' },
    });
    expect((await get('case-counts')).refunds).toMatchObject([{ reason: 'not_found', count: 1 }]);
  });

  it('answers when the provider does not', async () => {
    const { settlementId } = await park('unknown');
    await provider.kill();
    expect(await get(`settlements/${settlementId}`)).toMatchObject({
      intents: [{ provider: { says: 'unreachable' } }],
      retry: { action: 'repeat_intent', because: 'provider_unreachable' },
    });
    await provider.start();
  });

  it('refuses what is no filter, and does not know what is not there', async () => {
    const bad = await app.ask('GET', '/v1/finance/settlements?minAgeMs=-1', { token });
    expect([bad.status, bad.body.code]).toEqual([400, 'validation_failed']);
    const dollars = await app.ask('GET', '/v1/finance/refunds?currency=usd', { token });
    expect([dollars.status, dollars.body.code]).toEqual([422, 'currency_unsupported']);
    for (const path of ['settlements', 'refunds']) {
      const { status } = await app.ask('GET', `/v1/finance/${path}/${randomUUID()}`, { token });
      expect(status).toBe(404);
    }
  });
});
