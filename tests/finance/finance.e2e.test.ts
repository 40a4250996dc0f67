import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect } from '../../db/connect.ts';
import { runAudit } from '../../scripts/audit/main.ts';
import { setUpMerchant, type MerchantSetUp } from '../../scripts/demo/main-job.ts';
import { fundWallet, type Person, registerFinance, registerPerson } from '../../scripts/demo/people.ts';
import { waitFor } from '../../scripts/demo/watch.ts';
import { apiClient, expectStatus, type ApiClient } from '../../scripts/stack/http-client.ts';
import { reconcileProviderId } from '../../workflows/platform/reconciliation.contract.ts';
import { withTemporal } from '../support/lost-workflows.ts';
import { paymentProvider } from '../support/payment-provider.ts';
import { providerTruth } from '../support/provider-truth.ts';
import { replayHistories } from '../support/replay.ts';
import { startTestStack, type TestStack } from '../support/test-stack.ts';
import { PATIENCE_MS } from '../support/database.ts';

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
    await fundWallet(giveaways, host.token, { amountMinor: '200000', currency: 'USD' });
    finance = [await registerFinance(giveaways, environment), await registerFinance(giveaways, environment)];
  });
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
  });

  it('holds the provider’s file against both books, adopts its truth, and books a loss by two people', async () => {
    const date = new Date().toISOString().slice(0, 10);
    const both = async (path: string) =>
      Promise.all(
        [giveaways, cards].map(
          async (api) => expectStatus(await api('GET', `/v1/finance/${path}`, { token: finance[0]?.token }), 200).body,
        ),
      );
    const reconcile = async (): Promise<void> => {
      const before = await both('reconciliations');
      for (const api of [giveaways, cards])
        expectStatus(
          await api('POST', '/v1/finance/reconciliations', { token: finance[0]?.token, body: { date } }),
          202,
        );
      await waitFor('the reconciliations', async () =>
        (await both('reconciliations')).every(
          ({ data: [found] }, index) =>
            found?.state === 'DONE' && found.updatedAt !== before[index]?.data[0]?.updatedAt,
        ),
      );
    };
    const bad = await post('reconciliations', { date: '2999-01-01' });
    expect([bad.status, bad.body.code]).toEqual([422, 'reconciliation_date_invalid']);

    // A withdrawal is the other book's; a transfer that nobody of ours asked for is a case.
    const account = { token: host.token, body: { payoutAccount: 'acct_fiona' } };
    expectStatus(await giveaways('PUT', '/v1/wallet/USD/payout-account', account), 200);
    const money = { token: host.token, body: { amountMinor: '5000', currency: 'USD' } };
    const { withdrawalId } = expectStatus(await giveaways('POST', '/v1/wallet/withdrawals', money), 201).body;
    await waitFor('the withdrawal', async () => {
      const found = await giveaways('GET', `/v1/wallet/withdrawals/${withdrawalId}`, { token: host.token });
      return found.body.state === 'SUCCEEDED';
    });
    await provider.move('pool', 'acct_thief', '700', 'source');
    await reconcile();
    const [charges, transfers] = await both('reconciliations');
    expect(charges.data[0].counts).toMatchObject({ matched: 2, missingHere: 0, missingThere: 0, amountDiffers: 0 });
    expect(transfers.data[0].counts).toMatchObject({
      missingHere: 1,
      missingThere: 0,
      amountDiffers: 0,
      stateDiffers: 0,
    });
    expect(transfers.data[0].counts.matched).toBe(2 * PARKED);

    const [found] = (await get('reconciliation-cases?state=open&kind=missing_here')).data;
    const path = `reconciliation-cases/${found.caseId}`;
    const act = (action: string, more: object = {}, who = 0) =>
      post(`${path}/${action}`, { caseNumber: 1, reason: 'looked into it', ...more }, who);
    expectStatus(await act('assign', { assignee: 'ada' }), 200);
    expectStatus(await act('note'), 200);
    expect((await act('adopt')).body.code).toBe('adoption_not_possible');
    expect((await act('dismiss', { caseNumber: 2 })).body.code).toBe('case_changed');
    expect(expectStatus(await act('accept-loss'), 200).body).toMatchObject({ approved: false });
    expect(expectStatus(await act('accept-loss', {}, 1), 200).body).toMatchObject({ resolution: 'loss_accepted' });
    expect((await act('dismiss')).body.code).toBe('case_not_open');
    const { history } = await get(path);
    expect(history.map(({ type }: { type: string }) => type.split('.').at(-1))).toEqual([
      'opened',
      'assigned',
      'noted',
      'resolved',
    ]);

    // The message that a payout came back was lost: the file knows, and finance adopts what it says.
    const { transfers: paid } = await providerTruth(test.stack);
    const payout = paid.find(({ destination, status }) => destination === 'acct_fiona' && status === 'succeeded');
    await provider.loseMessages();
    await provider.reverse(payout?.reference ?? '');
    await reconcile();
    const list = '/v1/finance/reconciliation-cases?state=open&kind=state_differs';
    const [returned] = expectStatus(await giveaways('GET', list, { token: finance[0]?.token }), 200).body.data;
    expect(returned).toMatchObject({ subjectType: 'withdrawal', subjectId: withdrawalId });
    const adoption = { token: finance[0]?.token, body: { caseNumber: 1, reason: 'it came back' } };
    expectStatus(await giveaways('POST', `/v1/finance/reconciliation-cases/${returned.caseId}/adopt`, adoption), 200);
    const adopted = async () =>
      (await giveaways('GET', `/v1/finance/reconciliation-cases/${returned.caseId}`, adoption)).body.resolution;
    await waitFor('the adoption', async () => (await adopted()) === 'adopted');
    const back = await giveaways('GET', `/v1/wallet/withdrawals/${withdrawalId}`, { token: host.token });
    expect(back.body.state).toBe('RETURNED');
  });

  it('reads the files of the day before by itself', async () => {
    const yesterday = new Date(Date.now() - 86_400_000).toISOString().slice(0, 'YYYY-MM-DD'.length);
    await withTemporal(test.stack, async (clients) => {
      for (const [namespace, client] of Object.entries(clients)) {
        await client.schedule.getHandle(`${namespace}.reconcile-yesterday`).trigger();
        const reading = client.workflow.getHandle(reconcileProviderId(yesterday));
        const state = () => reading.describe().then(({ status }) => status.name, String);
        await waitFor(`the file of ${namespace}`, async () => (await state()) === 'COMPLETED');
      }
    });
  });

  it('forgets keys by itself when their time is over', async () => {
    await withTemporal(test.stack, async (clients) => {
      for (const [namespace, client] of Object.entries(clients)) {
        const url = test.stack.environment[`DATABASE_URL_${namespace.toUpperCase()}`] ?? '';
        const db = connect({ url, poolMax: 1, applicationName: 'handsel-test', patienceMs: PATIENCE_MS });
        try {
          await db.raw(`insert into idempotency_keys (principal, route, key, request_hash, resource_id, claimed_at)
            values ('nobody', 'r', 'old', '\\x00', gen_random_uuid(), clock_timestamp() - interval '31 days')`);
          await client.schedule.getHandle(`${namespace}.forget-keys`).trigger();
          const left = () => db('idempotency_keys').where({ principal: 'nobody' }).pluck('key');
          await waitFor(`the keys of ${namespace}`, async () => (await left()).length === 0);
          expect(await db('idempotency_keys').first('key')).toBeDefined();
        } finally {
          await db.destroy();
        }
      }
    });
  });

  it('leaves histories that replay, and keeps every invariant of both books', async () => {
    const [cardSide, walletSide] = await withTemporal(test.stack, async ({ giftcard, giveaway }) => [
      await replayHistories(giftcard),
      await replayHistories(giveaway),
    ]);
    expect([cardSide?.failures, walletSide?.failures]).toEqual([[], []]);
    expect(cardSide?.types).toEqual(expect.arrayContaining(['bulkRetry', 'reconcileProvider', 'reconciliationCase']));
    expect(walletSide?.types).toEqual(
      expect.arrayContaining(['findPayouts', 'reconcileProvider', 'reconciliationCase']),
    );
    expect((await runAudit(test.stack.environment)).filter(({ broken }) => broken > 0)).toEqual([]);
  });
});
