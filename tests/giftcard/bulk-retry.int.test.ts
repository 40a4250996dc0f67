import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  beginBulkRetry,
  cancelBulkRetry,
  countBulkRetry,
  findBulkRetry,
  listBulkRetryItems,
  nextOfBulkRetry,
  recordBulkRetry,
} from '../../db/giftcard/bulk-retry.ts';
import { parkSettlement, refuseLeg } from '../../db/giftcard/pay-settlement.ts';
import { redeemGiftCard } from '../../db/giftcard/redeem-gift-card.ts';
import { twice } from '../commands/twice.ts';
import { cause, issueCard, openCardShop, redemptionOf, type CardShop } from '../support/cards.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

describe('a bulk retry', () => {
  let test: TestDatabase;
  let shop: CardShop;
  let other: CardShop;

  beforeAll(async () => {
    test = await createTestDatabase('giftcard');
    shop = await openCardShop(test.db);
    other = await openCardShop(test.db);
  });
  afterAll(() => test.drop());

  async function park(of: CardShop, reason = 'account_closed'): Promise<string> {
    const { step } = await redeemGiftCard(test.db, redemptionOf(await issueCard(test.db, of), of), cause);
    const { settlementId = '', intent } = step ?? {};
    await refuseLeg(test.db, { settlementId, intentId: intent?.intentId ?? '', failureCode: reason }, cause);
    await parkSettlement(test.db, { settlementId, reason }, cause);
    return settlementId;
  }
  const begin = (filter: object, bulkRetryId = randomUUID()) =>
    beginBulkRetry(test.db, { bulkRetryId, reason: 'their bank is open again', ...filter }, cause);
  const next = (bulkRetryId: string, limit: number) => nextOfBulkRetry(test.db, { bulkRetryId, limit }, cause);
  const accepted = ({ settlementId, caseNumber }: { settlementId: string; caseNumber: number }) => ({
    settlementId,
    caseNumber,
    code: null,
  });

  it('counts what it would decide on, and changes nothing', async () => {
    for (const reason of ['account_closed', 'account_closed', 'limit_exceeded']) await park(shop, reason);
    await park(other);
    const counted = await countBulkRetry(test.db, { merchantId: shop.merchantId });
    expect(counted).toEqual({
      matched: 3,
      byReason: [
        { reason: 'account_closed', currency: 'USD', count: 2, amountMinor: '18524' },
        { reason: 'limit_exceeded', currency: 'USD', count: 1, amountMinor: '9262' },
      ],
    });
    expect((await countBulkRetry(test.db, { currency: 'EUR' })).matched).toBe(0);
    expect((await countBulkRetry(test.db, { minAgeMs: 3_600_000 })).matched).toBe(0);
    expect(await test.db('bulk_retries').select()).toEqual([]);
  });

  it('decides on each once, in pages, goes on where it stopped, and knows its end', async () => {
    const id = randomUUID();
    const begun = await twice(test.db, () => begin({ matchReason: 'account_closed', merchantId: shop.merchantId }, id));
    expect(begun).toMatchObject({ state: 'RUNNING', matched: 2, matchedMinor: '18524', accepted: 0 });
    const first = await next(id, 1);
    expect(first.items).toHaveLength(1);
    expect(first).toMatchObject({ actor: 'system', reason: 'their bank is open again' });
    // The worker died before it could say what became of it: the same one comes again.
    expect((await next(id, 1)).items).toEqual(first.items);
    await twice(test.db, () => recordBulkRetry(test.db, { bulkRetryId: id, items: first.items.map(accepted) }));
    // What is parked from now on is not what the person saw.
    const late = await park(shop);
    const second = await next(id, 10);
    expect(second.items.map(({ settlementId }) => settlementId)).not.toContain(late);
    expect(second.items).toHaveLength(1);
    const items = second.items.map((item) => ({ ...accepted(item), code: 'case_changed' }));
    expect(await recordBulkRetry(test.db, { bulkRetryId: id, items })).toMatchObject({ accepted: 1, refused: 1 });
    expect(await next(id, 10)).toMatchObject({ state: 'DONE', items: [] });
    const [one, two] = await listBulkRetryItems(test.db, { bulkRetryId: id, limit: 10 });
    expect([one?.outcome, two?.outcome, two?.code]).toEqual(['ACCEPTED', 'REFUSED', 'case_changed']);
    expect(await listBulkRetryItems(test.db, { bulkRetryId: id, limit: 10, after: one?.settlementId })).toEqual([two]);
    await expect(cancelBulkRetry(test.db, { bulkRetryId: id }, cause)).rejects.toMatchObject({
      code: 'bulk_retry_done',
    });
  });

  it('stops where somebody cancels it', async () => {
    const { bulkRetryId } = await begin({});
    const page = await next(bulkRetryId, 1);
    await twice(test.db, () => cancelBulkRetry(test.db, { bulkRetryId }, cause));
    // What was under way is still written down.
    const recorded = await recordBulkRetry(test.db, { bulkRetryId, items: page.items.map(accepted) });
    expect(recorded).toMatchObject({ state: 'CANCELLED', accepted: 1 });
    expect((await next(bulkRetryId, 10)).items).toEqual([]);
    expect(await findBulkRetry(test.db, bulkRetryId)).toMatchObject({ state: 'CANCELLED' });
    const unknown = { bulkRetryId: randomUUID() };
    await expect(cancelBulkRetry(test.db, unknown, cause)).rejects.toMatchObject({ code: 'bulk_retry_not_found' });
  });
});
