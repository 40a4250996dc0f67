import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runAudit } from '../../scripts/audit/main.ts';
import { setUpMerchant, type MerchantSetUp } from '../../scripts/demo/main-job.ts';
import { registerFinance, registerPerson, type Person } from '../../scripts/demo/people.ts';
import { waitFor } from '../../scripts/demo/watch.ts';
import { apiClient, expectStatus, type ApiClient } from '../../scripts/stack/http-client.ts';
import { withTemporal } from '../support/lost-workflows.ts';
import { paymentProvider } from '../support/payment-provider.ts';
import { providerTruth } from '../support/provider-truth.ts';
import { replayHistories } from '../support/replay.ts';
import { startTestStack, type TestStack } from '../support/test-stack.ts';

const PARKED = 7;

describe('finance', () => {
  let test: TestStack;
  let giveaways: ApiClient;
  let cards: ApiClient;
  let merchant: MerchantSetUp;
  let host: Person;
  let finance: readonly Person[];
  let provider: ReturnType<typeof paymentProvider>;

  beforeAll(async () => {
    test = await startTestStack();
    const { environment } = test.stack;
    provider = paymentProvider(test.stack);
    giveaways = apiClient(test.stack.applicationUrl('giveaway-api'));
    cards = apiClient(test.stack.applicationUrl('giftcard-api'));
    merchant = await setUpMerchant(giveaways, cards, () => {});
    host = await registerPerson(giveaways, 'Fiona Funds', ['host']);
    const body = { amountMinor: '200000', currency: 'USD', source: 'tok_visa' };
    expectStatus(await giveaways('POST', '/v1/wallet/fundings', { token: host.token, body }), 201);
    const admin = {
      email: environment['BOOTSTRAP_ADMIN_EMAIL'] ?? '',
      password: environment['BOOTSTRAP_ADMIN_PASSWORD'] ?? '',
    };
    finance = [await registerFinance(giveaways, admin), await registerFinance(giveaways, admin)];
  }, 180_000);
  afterAll(() => test.stop());

  const get = async (path: string) =>
    expectStatus(await cards('GET', `/v1/finance/${path}`, { token: finance[0]?.token }), 200).body;
  const post = (path: string, body: object = {}, who = 0) =>
    cards('POST', `/v1/finance/${path}`, { token: finance[who]?.token, body });
  async function redeem(count: number): Promise<string[]> {
    const order = { catalogueItemId: merchant.itemId, amountMinor: '5000', count, activate: true };
    const { body } = expectStatus(await cards('POST', '/v1/card-orders', { token: host.token, body: order }), 201);
    const csv = await cards('GET', `/v1/card-orders/${body.orderId}/codes.csv`, { token: host.token });
    const codes = (csv.body as string).trim().split('\n').slice(1);
    const ids: string[] = [];
    for (const line of codes) {
      const till = { token: merchant.token, body: { merchantId: merchant.merchantId, code: line.split(',')[1] } };
      ids.push(expectStatus(await cards('POST', '/v1/redemptions', till), 201).body.redemptionId);
    }
    return ids;
  }
  const isSettled = async (redemptionId: string) =>
    (await cards('GET', `/v1/redemptions/${redemptionId}`, { token: merchant.token })).body.state === 'SETTLED';

  it('retries everything that was parked for one reason, after a count, and is told what became of each', async () => {
    const match = { operation: 'transfer', destinationAccount: merchant.payoutAccount };
    await provider.strike({ match, effect: 'before', kind: 'refuse', code: 'account_closed', times: PARKED });
    const redemptions = await redeem(PARKED);
    const cases = 'settlements?state=needs_attention&reason=account_closed&currency=USD';
    await waitFor('the cases', async () => (await get(cases)).data.length === PARKED);
    const [{ settlementId }] = (await get(cases)).data;
    expect((await get(`settlements/${settlementId}`)).retry).toMatchObject({
      leg: 'merchant',
      action: 'open_intent',
      merchantAccount: merchant.payoutAccount,
    });
    expect((await get('case-counts')).settlements).toMatchObject([{ reason: 'account_closed', count: PARKED }]);

    const wish = { filter: { reason: 'account_closed' }, reason: 'their bank is open again' };
    const counted = expectStatus(await post('settlements/bulk-retry', { ...wish, dryRun: true }), 200).body;
    expect(counted.matched).toBe(PARKED);
    const refused = await post('settlements/bulk-retry', { ...wish, filter: { reasons: 'account_closed' } });
    expect([refused.status, refused.body.code]).toEqual([400, 'validation_failed']);
    expect(await get('bulk-retries')).toEqual({ data: [], next: null });

    const begun = expectStatus(await post('settlements/bulk-retry', wish), 202).body;
    const path = `bulk-retries/${begun.bulkRetryId}`;
    await waitFor('the end', async () => (await get(path)).state === 'DONE');
    expect(await get(path)).toMatchObject({ matched: PARKED, accepted: PARKED, refused: 0 });
    const items = await get(`${path}/items?limit=5`);
    expect(items.data[0]).toMatchObject({ caseNumber: 1, outcome: 'ACCEPTED', code: null });
    expect((await get(`${path}/items?limit=5&after=${items.next}`)).data).toHaveLength(PARKED - 5);
    for (const redemption of redemptions) await waitFor('the payout', () => isSettled(redemption));
    const { transfers } = await providerTruth(test.stack);
    const paid = transfers.filter(
      ({ destination, status }) => destination === merchant.payoutAccount && status === 'succeeded',
    );
    expect(paid).toHaveLength(PARKED);
    expect((await post(`${path}/cancel`)).body.code).toBe('bulk_retry_done');
    const { history } = await get(`settlements/${settlementId}`);
    expect(history.map(({ actor, reason }: { actor: string; reason: string }) => [actor, reason])).toContainEqual([
      `user:${finance[0]?.id}`,
      wish.reason,
    ]);
  }, 240_000);

  it('leaves histories that replay, and keeps every invariant of both books', async () => {
    const replayed = await withTemporal(test.stack, ({ giftcard }) => replayHistories(giftcard));
    expect(replayed.failures).toEqual([]);
    expect(replayed.types).toEqual(expect.arrayContaining(['bulkRetry']));
    expect((await runAudit(test.stack.environment)).filter(({ broken }) => broken > 0)).toEqual([]);
  }, 180_000);
});
