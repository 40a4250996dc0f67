import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { GiftcardApi } from '../../api/giftcard/dependencies.ts';
import { explainSettlementRoutes } from '../../api/giftcard/explain-settlement.ts';
import { merchantStatementRoutes } from '../../api/giftcard/merchant-statement.ts';
import { setMerchantRate } from '../../db/giftcard/merchant-rates.ts';
import { completeLeg, type SettlementStep } from '../../db/giftcard/pay-settlement.ts';
import { redeemGiftCard, type RedeemGiftCard } from '../../db/giftcard/redeem-gift-card.ts';
import { cause, issueCard, openCardShop, payoutRules, redemptionOf, type CardShop } from '../support/cards.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { startHttpApp, testKeys, type HttpApp } from '../support/http-app.ts';

describe('what a merchant is shown of its money', () => {
  let test: TestDatabase;
  let app: HttpApp;
  let shop: CardShop;
  let token: string;

  beforeAll(async () => {
    test = await createTestDatabase('giftcard');
    shop = await openCardShop(test.db);
    const keys = await testKeys();
    token = await keys.issuer.issue({ userId: shop.ownerId, sessionId: randomUUID(), roles: ['merchant'] });
    const deps = { db: test.db } as GiftcardApi;
    app = await startHttpApp(test.db, keys, {
      routes: [...explainSettlementRoutes(deps), ...merchantStatementRoutes(deps)],
    });
  });
  afterAll(async () => {
    await app.close();
    await test.drop();
  });

  const ask = async (method: 'GET' | 'POST', path: string, body?: object) => {
    const answer = await app.ask(method, `/v1/${path}`, { token, ...(body && { body }) });
    expect(answer.status, JSON.stringify(answer.body)).toBe(200);
    return answer.body;
  };
  const redeem = (cardId: string, change: Partial<RedeemGiftCard> = {}) =>
    redeemGiftCard(test.db, redemptionOf(cardId, shop, change), cause);
  async function pay(first: SettlementStep | null | undefined): Promise<string[]> {
    const legs: string[] = [];
    for (let step = first; step?.intent;) {
      const { settlementId, intent } = step;
      legs.push(`${intent.leg} ${intent.amountMinor}`);
      const paid = { settlementId, intentId: intent.intentId, providerId: randomUUID(), payoutFeeMinor: 25n };
      step = await completeLeg(test.db, { ...paid, ...payoutRules }, cause);
    }
    return legs;
  }

  it('explains the second part of a card: the rate, the inputs, every rounding before and after, every transfer', async () => {
    const cardId = await issueCard(test.db, shop);
    await pay((await redeem(cardId, { amountMinor: 3_333n })).step);
    const { settlementId, step } = await redeem(cardId, { amountMinor: 3_333n });
    await pay(step);
    const explained = await ask('GET', `settlements/${settlementId}/explanation`);
    expect(explained).toMatchObject({ state: 'SETTLED', gross: '3333', fee: '83', service: '163', merchant: '3087' });
    const [line] = explained.lines;
    expect(line).toMatchObject({
      shares: { feeMinor: '83', serviceMinor: '163', merchantMinor: '3087' },
      rate: { version: 1, ratePpm: 50_000, minMinor: '0', maxMinor: null },
      inputs: { faceMinor: '10000', fundingFeeMinor: '250', redeemedBeforeMinor: '3333' },
      payoutFeeShareMinor: '25',
    });
    const worked = (side: { steps: { name: string; worked: string; value: string }[] }) =>
      side.steps.map(({ name, worked: how, value }) => `${name} = ${how} = ${value}`);
    expect(worked(line.before)).toEqual([
      'F = ⌊250·3333/10000⌋ = 83',
      'N = 3333 − 83 = 3250',
      'S before bounds = roundHalfEven(3250·50000/1000000) = 162',
      'S lower bound = ⌊0·3250/9750⌋ = 0',
      'S upper bound = ⌈9750·3250/9750⌉ = 3250',
      'S = 162 within its bounds = 162',
      'M = 3250 − 162 = 3088',
    ]);
    expect(worked(line.after).slice(0, 3)).toEqual([
      'F = ⌊250·6666/10000⌋ = 166',
      'N = 6666 − 166 = 6500',
      'S before bounds = roundHalfEven(6500·50000/1000000) = 325',
    ]);
    const transfers = explained.transfers as { kind: string; code: string; amountMinor: string }[];
    expect(transfers.map(({ kind, code, amountMinor }) => `${kind} ${code} ${amountMinor}`).toSorted()).toEqual([
      'pending settle.merchant 3087',
      'pending settle.platform 163',
      'post settle.merchant.post 3087',
      'post settle.platform.post 163',
      'posted payout.fee 25',
      'posted payout.fee 25',
      'posted redeem.fee 83',
      'posted redeem.merchant 3087',
      'posted redeem.service 163',
    ]);
  });

  it('quotes what a redemption would be shared into, and writes nothing at all', async () => {
    const { rows: tables } = (await test.db.raw(
      `select tablename as name from pg_tables where schemaname = 'public' order by 1`,
    )) as { rows: { name: string }[] };
    const contents = async () => {
      const found: string[] = [];
      for (const { name } of tables) {
        const { rows } = await test.db.raw(
          "select md5(coalesce(string_agg(t::text, '|' order by t::text), '')) from ?? t",
          [name],
        );
        found.push(`${name} ${rows[0].md5}`);
      }
      return found;
    };
    const before = await contents();
    const card = { merchantId: shop.merchantId, faceMinor: '10000', fundingFeeMinor: '250' };
    const whole = await ask('POST', 'settlements/quote', card);
    expect(whole.shares).toEqual({ feeMinor: '250', serviceMinor: '488', merchantMinor: '9262' });
    const part = await ask('POST', 'settlements/quote', { ...card, redeemedBeforeMinor: '6666', amountMinor: '3334' });
    expect(part.shares).toEqual({ feeMinor: '84', serviceMinor: '163', merchantMinor: '3087' });
    expect(await contents()).toEqual(before);
  });

  it('says the same in the statement as CSV as on its pages, to the last running balance', async () => {
    const path = `merchants/${shop.merchantId}/wallet/USD`;
    const [header, ...lines] = (await ask('GET', `${path}/statement.csv`)).trim().split('\n');
    expect(header).toBe(
      'effective_at,kind,code,counterparty,amount_minor,balance_minor,reference_id,transfer_id,corrects_id',
    );
    const entries = [];
    for (let next = ''; ;) {
      const page = await ask('GET', `${path}/statement?limit=2${next}`);
      entries.push(...page.data);
      if (page.next === null) break;
      next = `&after=${page.next}`;
    }
    expect(lines).toEqual(
      entries.map((one) =>
        [
          one.effectiveAt,
          one.kind,
          one.code,
          one.counterparty,
          one.amountMinor,
          one.balanceMinor,
          one.referenceId,
          one.transferId,
          one.correctsId ?? '',
        ].join(','),
      ),
    );
    expect(entries.map(({ code, amountMinor, balanceMinor }) => [code, amountMinor, balanceMinor])).toEqual([
      ['redeem.merchant', '3088', '3088'],
      ['settle.merchant.post', '-3088', '0'],
      ['redeem.merchant', '3087', '3087'],
      ['settle.merchant.post', '-3087', '0'],
    ]);
    expect((await ask('GET', `${path}/balance`)).balanceMinor).toBe('0');
  });

  it('has a leg of zero done without a call, and a leg below the minimum wait for the next batch', async () => {
    // Rounded down, the first unit of this card carries no fee, and the second is all fee; our share of either is nothing.
    const tiny = await issueCard(test.db, shop, { faceMinor: 2n, fundingFeeMinor: 1n });
    const first = await redeem(tiny, { amountMinor: 1n });
    const second = await redeem(tiny, { amountMinor: 1n });
    const legs = [await pay(first.step), await pay(second.step)];
    expect(legs).toEqual([['merchant 1'], []]);
    for (const { settlementId } of [first, second])
      expect(await ask('GET', `settlements/${settlementId}/explanation`)).toMatchObject({ state: 'SETTLED' });
    const free = { merchantId: shop.merchantId, ratePpm: 0n, minMinor: 0n, maxMinor: null, effectiveAt: null };
    await setMerchantRate(test.db, { ...free, reason: 'a gift' }, cause);
    expect(await pay((await redeem(await issueCard(test.db, shop))).step)).toEqual(['merchant 9750']);
    const payout = { settle: 'instant' as const, settlementId: randomUUID(), workflowId: 'test', ...payoutRules };
    const small = await redeem(await issueCard(test.db, shop), { payout: { ...payout, payoutMinimumMinor: 9_751n } });
    expect(small).toMatchObject({ state: 'LINED_UP', settlementId: null, step: null });
  });
});
