import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect, type Database } from '../../db/connect.ts';
import { beginFunding } from '../../db/wallet/fund-wallet.ts';
import { beginWithdrawal } from '../../db/wallet/withdraw-wallet.ts';
import { runAudit } from '../../scripts/audit/main.ts';
import { setUpMerchant, type MerchantSetUp } from '../../scripts/demo/main-job.ts';
import { fundWallet, type Person, registerFinance, registerPerson } from '../../scripts/demo/people.ts';
import { waitFor } from '../../scripts/demo/watch.ts';
import { apiClient, expectStatus, type ApiClient } from '../../scripts/stack/http-client.ts';
import { refundRedemptionId } from '../../workflows/giftcard/settlement.contract.ts';
import { PROVIDER_CONFIRMED } from '../../workflows/payments/contract.ts';
import { reconcileProviderId } from '../../workflows/platform/reconciliation.contract.ts';
import {
  disputeFundingId,
  FUND_WALLET,
  fundWalletId,
  WALLET_TASK_QUEUE,
  WITHDRAW_WALLET,
  withdrawWalletId,
} from '../../workflows/wallet/contract.ts';
import { withTemporal } from '../support/lost-workflows.ts';
import { paymentProvider } from '../support/payment-provider.ts';
import { replayHistories } from '../support/replay.ts';
import { startTestStack, type TestStack } from '../support/test-stack.ts';
import { PATIENCE_MS } from '../support/database.ts';

const LONG_AGO_MS = 25 * 3_600_000;
const A_MONTH_MS = 30 * 24 * 3_600_000;

describe('what waits for a person, as people find it', () => {
  let test: TestStack;
  let giveaways: ApiClient;
  let cards: ApiClient;
  let merchant: MerchantSetUp;
  let daily: MerchantSetUp;
  let host: Person & { fundingId: string };
  let finance: readonly [Person, Person];
  let provider: ReturnType<typeof paymentProvider>;
  let db: Database;

  beforeAll(async () => {
    test = await startTestStack();
    const { environment } = test.stack;
    provider = paymentProvider(test.stack);
    giveaways = apiClient(test.stack.applicationUrl('giveaway-api'));
    cards = apiClient(test.stack.applicationUrl('giftcard-api'));
    db = connect({
      url: environment['DATABASE_URL_GIVEAWAY'] ?? '',
      poolMax: 2,
      applicationName: 'handsel-test',
      patienceMs: PATIENCE_MS,
    });
    merchant = await setUpMerchant(giveaways, cards, () => {});
    daily = await setUpMerchant(giveaways, cards, () => {});
    const schedule = { token: daily.token, body: { payoutSchedule: 'daily' } };
    expectStatus(await cards('PATCH', `/v1/merchants/${daily.merchantId}`, schedule), 200);
    const person = await registerPerson(giveaways, 'Petra Parked', ['host']);
    const { fundingId } = await fundWallet(giveaways, person.token, { amountMinor: '100000', currency: 'USD' });
    host = { ...person, fundingId };
    const account = { token: host.token, body: { payoutAccount: 'acct_petra' } };
    expectStatus(await giveaways('PUT', '/v1/wallet/USD/payout-account', account), 200);
    finance = [await registerFinance(giveaways, environment), await registerFinance(giveaways, environment)];
  });
  afterAll(async () => {
    await db.destroy();
    await test.stop();
  });

  type Namespace = 'giveaway' | 'giftcard';

  /** Running workflows that Temporal's UI lists for a query, once there are any. @returns their ids. */
  async function found(namespace: Namespace, query: string): Promise<string[]> {
    return withTemporal(test.stack, async (clients) => {
      const ids: string[] = [];
      await waitFor(query, async () => {
        ids.length = 0;
        const list = clients[namespace].workflow.list({ query: `${query} and ExecutionStatus = "Running"` });
        for await (const { workflowId } of list) ids.push(workflowId);
        return ids.length > 0;
      });
      return ids;
    });
  }
  /** What Temporal's UI says that the workflow is at. */
  const wordsOf = (namespace: Namespace, workflowId: string): Promise<string> =>
    withTemporal(test.stack, async (clients) => {
      const handle = clients[namespace].workflow.getHandle(workflowId);
      const { currentDetails } = await handle.query<{ currentDetails?: string }>('__temporal_workflow_metadata');
      return currentDetails ?? '';
    });
  const read = async (api: ApiClient, path: string) =>
    expectStatus(await api('GET', `/v1/finance/${path}`, { token: finance[0].token }), 200).body;
  const decide = (api: ApiClient, path: string, body: object, who: 0 | 1 = 0) =>
    api('POST', `/v1/finance/${path}`, { token: finance[who].token, body });

  async function redeem(shop: MerchantSetUp): Promise<{ redemptionId: string; cardId: string; settlementId: string }> {
    const order = { catalogueItemId: shop.itemId, amountMinor: '5000', activate: true };
    const { body } = expectStatus(await cards('POST', '/v1/card-orders', { token: host.token, body: order }), 201);
    const csv = await cards('GET', `/v1/card-orders/${body.orderId}/codes.csv`, { token: host.token });
    const [cardId = '', code = ''] = ((csv.body as string).split('\n')[1] ?? '').split(',');
    const till = { token: shop.token, body: { merchantId: shop.merchantId, code } };
    return { cardId, ...expectStatus(await cards('POST', '/v1/redemptions', till), 201).body };
  }
  const refuseNext = (destinationAccount: string, code: string) =>
    provider.strike({ match: { operation: 'transfer', destinationAccount }, effect: 'before', kind: 'refuse', code });
  async function parkedOf(shop: MerchantSetUp) {
    const list = `settlements?state=needs_attention&merchantId=${shop.merchantId}`;
    await waitFor('the case', async () => (await read(cards, list)).data.length === 1);
    return (await read(cards, list)).data[0];
  }
  const isSettled = async (redemptionId: string, { token }: MerchantSetUp) =>
    (await cards('GET', `/v1/redemptions/${redemptionId}`, { token })).body.state === 'SETTLED';

  it('is a payout: by merchant, card, settlement and state; written off by two people', async () => {
    await refuseNext(merchant.payoutAccount, 'account_closed');
    const { redemptionId, cardId } = await redeem(merchant);
    const { settlementId, caseNumber } = await parkedOf(merchant);
    const parked = 'State = "NEEDS_ATTENTION"';
    const [workflowId = ''] = await found('giftcard', parked);
    for (const query of [
      `MerchantId = "${merchant.merchantId}"`,
      `CardId = "${cardId}"`,
      `SettlementId = "${settlementId}"`,
    ])
      expect(await found('giftcard', `${query} and ${parked}`)).toEqual([workflowId]);
    expect(workflowId).toContain(redemptionId);
    const words = await wordsOf('giftcard', workflowId);
    expect(words).toContain(`case ${caseNumber}`);
    expect(words).toContain('`account_closed`. Waits for finance: retrySettlement, amendAndRetry, writeOff');

    const wish = { caseNumber, reason: 'the shop is gone' };
    const path = `settlements/${settlementId}`;
    expect(expectStatus(await decide(cards, `${path}/write-off`, wish), 200).body.approved).toBe(false);
    expectStatus(await decide(cards, `${path}/write-off`, wish, 1), 202);
    await waitFor('the end', () => isSettled(redemptionId, merchant));
    const { history } = await read(cards, path);
    expect(history).toContainEqual(
      expect.objectContaining({ actor: `user:${finance[1].id}`, reason: 'the shop is gone', caseNumber: 1 }),
    );
  });

  it('is a payout that came back: the case is open again, in a workflow of its own', async () => {
    const { redemptionId, cardId, settlementId } = await redeem(merchant);
    await waitFor('the payout', () => isSettled(redemptionId, merchant));
    const [{ intentId }] = (await read(cards, `settlements/${settlementId}`)).intents;
    await provider.reverse(intentId);
    const { caseNumber, reason } = await parkedOf(merchant);
    expect(reason).toBe('payout_reversed');
    const query = `CardId = "${cardId}" and MerchantId = "${merchant.merchantId}" and SettlementId = "${settlementId}"`;
    const [workflowId = ''] = await found('giftcard', `${query} and State = "NEEDS_ATTENTION"`);
    expect(workflowId).toContain(`giftcard.reversal/${intentId}`);
    const retry = { caseNumber, reason: 'their bank says try again' };
    expectStatus(await decide(cards, `settlements/${settlementId}/retry`, retry), 202);
    await waitFor('the payout', () => isSettled(redemptionId, merchant));
    expect((await read(cards, `settlements/${settlementId}`)).history).toContainEqual(
      expect.objectContaining({ actor: `user:${finance[0].id}`, reason: retry.reason, caseNumber }),
    );
  });

  it('is a batch: by merchant and settlement, until it is paid to another account', async () => {
    await refuseNext(daily.payoutAccount, 'account_closed');
    const { redemptionId } = await redeem(daily);
    expectStatus(await decide(cards, 'settlement-runs', { cadence: 'daily' }), 202);
    const { settlementId, caseNumber } = await parkedOf(daily);
    const query = `SettlementId = "${settlementId}" and MerchantId = "${daily.merchantId}" and State = "NEEDS_ATTENTION"`;
    const [workflowId = ''] = await found('giftcard', query);
    expect(workflowId).toMatch(/^giftcard\.settle\//);
    expect(await wordsOf('giftcard', workflowId)).toContain('amendAndRetry');
    const amend = { caseNumber, reason: 'their new bank', payoutAccount: 'acct_new' };
    expectStatus(await decide(cards, `settlements/${settlementId}/amend`, amend), 202);
    await waitFor('the payout', () => isSettled(redemptionId, daily));
  });

  it('is a refund: by card and merchant; whoever decides it is in its history', async () => {
    const { redemptionId, cardId } = await redeem(merchant);
    await waitFor('the payout', () => isSettled(redemptionId, merchant));
    await refuseNext('pool', 'insufficient_funds');
    const wish = { token: merchant.token, body: { reason: 'returned goods' } };
    const asked = await cards('POST', `/v1/redemptions/${redemptionId}/refunds`, wish);
    const { refundId } = expectStatus(asked, 201).body;
    const query = `CardId = "${cardId}" and MerchantId = "${merchant.merchantId}" and State = "WAITING_FOR_MERCHANT"`;
    expect(await found('giftcard', query)).toEqual([refundRedemptionId(refundId)]);
    expect(await wordsOf('giftcard', refundRedemptionId(refundId))).toContain('Waits for finance: `decideRefund`');
    const retry = { caseNumber: 1, reason: 'they have money again' };
    const both = await Promise.all(
      [0, 1].map((who) => decide(cards, `refunds/${refundId}/retry`, retry, who as 0 | 1)),
    );
    expect(new Set(both.map(({ status }) => status))).toEqual(new Set([202, 409]));
    await waitFor('the refund', async () => (await read(cards, `refunds/${refundId}`)).state === 'COMPLETED');
    const { history, way } = await read(cards, `refunds/${refundId}`);
    expect(way).toBe('pulled_back');
    expect(history).toContainEqual({
      type: 'giftcard.refund.retried',
      at: expect.any(String),
      actor: expect.stringMatching(/^user:/),
      caseNumber: 1,
      reason: 'they have money again',
    });
  });

  /** As an owner sweep would: the intent was written a day ago, and whoever was to send it has been lost. */
  async function startLate(workflowType: string, workflowId: string, input: object): Promise<void> {
    await withTemporal(test.stack, async ({ giveaway }) => {
      const start = { taskQueue: WALLET_TASK_QUEUE, workflowId, args: [input] };
      await giveaway.workflow.start(workflowType, start);
    });
  }
  const first_sent_at = (): Date => new Date(Date.now() - LONG_AGO_MS);

  it('is a charge that nobody knows: listed, alerted once, and asked about when finance says so', async () => {
    // Its files of these days are not there yet: they cannot say that the charge never arrived.
    await provider.behave({ settlementFileDelayMs: A_MONTH_MS });
    const cause = { actor: `user:${host.id}`, requestId: randomUUID() };
    const wish = { fundingId: randomUUID(), hostId: host.id, currency: 'USD', source: 'tok_visa' };
    await beginFunding(db, { ...wish, amountMinor: 900n }, cause);
    await db('wallet_fundings').where({ id: wish.fundingId }).update({ first_sent_at: first_sent_at() });
    await startLate(FUND_WALLET, fundWalletId(wish.fundingId), { ...wish, amountMinor: '900', ...cause });

    const list = 'fundings?state=needs_attention&reason=not_found_after_key_window';
    await waitFor('the case', async () => (await read(giveaways, list)).data.length === 1);
    expect(await found('giveaway', 'State = "NEEDS_ATTENTION" and WorkflowType = "fundWallet"')).toEqual([
      fundWalletId(wish.fundingId),
    ]);
    expect(await wordsOf('giveaway', fundWalletId(wish.fundingId))).toContain('or of finance: `retryFunding`');
    const path = `fundings/${wish.fundingId}`;
    const says = async () => (await read(giveaways, path)).intents[0].provider.says;
    await waitFor('the provider’s word', async () => (await says()) === 'not_found');
    const decision = { caseNumber: 1, reason: 'their system was down' };
    const wrong = await decide(giveaways, `${path}/retry`, { ...decision, caseNumber: 2 });
    expect(wrong.body.code).toBe('case_changed');
    expectStatus(await decide(giveaways, `${path}/retry`, decision), 202);
    await waitFor('the note', async () => (await read(giveaways, path)).history.length === 3);
    expect((await read(giveaways, path)).history.at(-1)).toMatchObject({
      type: 'wallet.funding.retried',
      actor: `user:${finance[0].id}`,
      caseNumber: 1,
      reason: 'their system was down',
    });
    const alerts = await db('alerts').where('key', 'like', `funding:${wish.fundingId}:%`).select('correlation_id');
    expect(alerts).toEqual([{ correlation_id: cause.requestId }]);
  });

  /** The provider says something of a parked withdrawal: it is looked up, as it is every day, and there is no news. */
  async function looksAgain(workflowId: string): Promise<void> {
    await withTemporal(test.stack, async ({ giveaway }) => {
      const handle = giveaway.workflow.getHandle(workflowId);
      const searches = async (): Promise<number> => {
        const { events } = await handle.fetchHistory();
        const ids = (events ?? []).flatMap(({ eventId, activityTaskScheduledEventAttributes: scheduled }) =>
          scheduled?.activityType?.name === 'searchSettlementFiles' ? [String(eventId)] : [],
        );
        const done = (events ?? []).map(({ activityTaskCompletedEventAttributes: completed }) =>
          String(completed?.scheduledEventId),
        );
        return ids.filter((id) => done.includes(id)).length;
      };
      const before = await searches();
      await handle.signal(PROVIDER_CONFIRMED);
      await waitFor('another look', async () => (await searches()) > before);
    });
  }

  it('is a withdrawal: by state, with the decision that it waits for', async () => {
    const cause = { actor: `user:${host.id}`, requestId: randomUUID() };
    const wish = { withdrawalId: randomUUID(), hostId: host.id, currency: 'USD' };
    await beginWithdrawal(db, { ...wish, amountMinor: 700n, payoutMinimumMinor: 0n }, cause);
    const intent = db('wallet_withdrawal_intents').where({ withdrawal_id: wish.withdrawalId });
    await intent.update({ first_sent_at: first_sent_at() });
    const workflowId = withdrawWalletId(wish.withdrawalId);
    await startLate(WITHDRAW_WALLET, workflowId, { ...wish, amountMinor: '700', ...cause });
    const query = 'State = "NEEDS_ATTENTION" and WorkflowType = "withdrawWallet"';
    expect(await found('giveaway', query)).toEqual([workflowId]);
    expect(await wordsOf('giveaway', workflowId)).toContain('case 1: waits for finance: `decideWithdrawal`');
    const path = `withdrawals/${wish.withdrawalId}`;
    const { history } = await read(giveaways, path);
    await looksAgain(workflowId);
    expect(await read(giveaways, path)).toMatchObject({ state: 'NEEDS_ATTENTION', caseNumber: 1, history });
    const alerts = await db('alerts').where('key', 'like', `withdrawal:${wish.withdrawalId}:%`).select('key');
    expect(alerts).toHaveLength(1);
    const decision = { caseNumber: 1, reason: 'it was never paid' };
    expectStatus(await decide(giveaways, `${path}/give-back`, decision), 200);
    expectStatus(await decide(giveaways, `${path}/give-back`, decision, 1), 202);
    await waitFor('the end', async () => (await read(giveaways, path)).state === 'FAILED');
    expect((await read(giveaways, path)).history.at(-1)).toMatchObject({
      actor: `user:${finance[1].id}`,
      reason: 'it was never paid',
      caseNumber: 1,
    });
  });

  it('is a file that is late, and each difference that it shows', async () => {
    const date = new Date().toISOString().slice(0, 'YYYY-MM-DD'.length);
    await provider.move('pool', 'acct_thief', '700', 'source');
    expectStatus(await decide(cards, 'reconciliations', { date }), 202);
    const late = `The provider has no file of ${date} yet`;
    await waitFor('the wait', async () => (await wordsOf('giftcard', reconcileProviderId(date))) === late);
    await provider.behave({ settlementFileDelayMs: 0 });
    const cases = 'reconciliation-cases?state=open&kind=missing_here';
    await waitFor('the file', async () => (await read(cards, cases)).data.length > 0);
    const [{ caseId }] = (await read(cards, cases)).data;
    const [workflowId = ''] = await found('giftcard', 'State = "OPEN" and WorkflowType = "reconciliationCase"');
    expect(workflowId).toContain(caseId);
    expect(await wordsOf('giftcard', workflowId)).toMatch(/missing_here, -7\d\d USD: \*\*OPEN\*\*, case 1: waits for/);
    const decision = { caseNumber: 1, reason: 'a thief' };
    expectStatus(await decide(cards, `reconciliation-cases/${caseId}/accept-loss`, decision), 200);
    expectStatus(await decide(cards, `reconciliation-cases/${caseId}/accept-loss`, decision, 1), 200);
    expect((await read(cards, `reconciliation-cases/${caseId}`)).history.at(-1)).toMatchObject({
      actor: `user:${finance[1].id}`,
      facts: { resolution: 'loss_accepted', reason: 'a thief', caseNumber: 1 },
    });
  });

  it('is a disputed charge: by host', async () => {
    await provider.dispute(host.fundingId, '1000');
    const query = `HostId = "${host.id}" and State = "OPEN"`;
    expect(await found('giveaway', query)).toEqual([disputeFundingId(host.fundingId)]);
    const words = await wordsOf('giveaway', disputeFundingId(host.fundingId));
    expect(words).toContain('case 1: waits for finance: `resolveDispute`');
  });

  it('leaves histories that replay, and books without a break', async () => {
    const replayed = await withTemporal(test.stack, async ({ giftcard, giveaway }) => [
      await replayHistories(giftcard),
      await replayHistories(giveaway),
    ]);
    expect(replayed.map(({ failures }) => failures)).toEqual([[], []]);
    expect((await runAudit(test.stack.environment)).filter(({ broken }) => broken > 0)).toEqual([]);
  });
});
