import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { runAudit } from '../../scripts/audit/main.ts';
import { setUpMerchant, type MerchantSetUp } from '../../scripts/demo/main-job.ts';
import { registerFinance, registerPerson, type Person } from '../../scripts/demo/people.ts';
import { waitFor } from '../../scripts/demo/watch.ts';
import { apiClient, expectStatus, type ApiClient } from '../../scripts/stack/http-client.ts';
import { redeemGiftCardId } from '../../workflows/giftcard/settlement.contract.ts';
import { PROVIDER_CONFIRMED } from '../../workflows/payments/contract.ts';
import { withdrawWalletId } from '../../workflows/wallet/contract.ts';
import { paymentProvider } from '../support/payment-provider.ts';
import { providerTruth } from '../support/provider-truth.ts';
import { withTemporal } from '../support/lost-workflows.ts';
import { replayHistories } from '../support/replay.ts';
import { startTestStack, type TestStack } from '../support/test-stack.ts';
import { Client, Connection } from '@temporalio/client';

const HOUR_MS = 3_600_000;
/** Of the worker, where something is to come after it. */
const KEY_WINDOW_MS = 12_000;
/** For so long the provider wants to be left alone: longer than that window. */
const OVER_S = 13;
/** The wait before the third look-up. */
const THIRD_WAIT_S = 15;
/**
 * For how long the provider does not find what it has done, and its clock is put forward then. Short, because the tests after it
 * want its day's file to be open: an hour made the last hour of every day fail.
 */
const HIDDEN_MS = 60_000;

describe('intents at the payment provider', () => {
  let test: TestStack;
  let giveaways: ApiClient;
  let cards: ApiClient;
  let merchant: MerchantSetUp;
  let host: Person;
  let finance: Person;
  let provider: ReturnType<typeof paymentProvider>;

  beforeAll(async () => {
    // The auditor looks payments up as well, and would meet what is meant for a workflow.
    test = await startTestStack({ PAYMENTS_TIMEOUT_MS: '2000', SWEEP_INTERVAL_MS: '86400000' });
    const { environment } = test.stack;
    provider = paymentProvider(test.stack);
    giveaways = apiClient(test.stack.applicationUrl('giveaway-api'));
    cards = apiClient(test.stack.applicationUrl('giftcard-api'));
    merchant = await setUpMerchant(giveaways, cards, () => {});
    finance = await registerFinance(giveaways, environment);
    host = await registerPerson(giveaways, 'Iris Intent', ['host']);
    expectStatus(await fund('200000'), 201);
  });
  beforeEach(() => provider.behave({ webhooks: { copies: 1, delayMs: 0, shuffleMs: 0, dropped: 0, forged: 0 } }));
  afterAll(() => test.stop());

  const fund = (amountMinor: string, key?: string) =>
    giveaways('POST', '/v1/wallet/fundings', {
      token: host.token,
      body: { amountMinor, currency: 'USD', source: 'tok_visa' },
      ...(key ? { key } : {}),
    });
  const get = async ({ token }: Person, path: string) => (await giveaways('GET', path, { token })).body;
  const walletOf = async () =>
    expectStatus(await giveaways('GET', '/v1/wallet', { token: host.token }), 200).body.data[0];
  /** What reached an account of its own, under whatever intent. */
  const transfersTo = async (account: string) =>
    (await providerTruth(test.stack)).transfers.filter(({ destination }) => destination === account);
  async function withdrawTo(account: string): Promise<string> {
    const to = { token: host.token, body: { payoutAccount: account } };
    expectStatus(await giveaways('PUT', '/v1/wallet/USD/payout-account', to), 200);
    const body = { amountMinor: '1000', currency: 'USD' };
    const started = await giveaways('POST', '/v1/wallet/withdrawals', { token: host.token, body });
    return `/v1/wallet/withdrawals/${expectStatus(started, 201).body.withdrawalId}`;
  }
  const reaches = (path: string, state: string) =>
    waitFor(`${path} to be ${state}`, async () => (await get(host, path)).state === state);
  const retry = async (path: string) => {
    const { caseNumber } = await get(host, path);
    const decision = { token: finance.token, body: { caseNumber, reason: 'asked the provider' } };
    const action = `${path.replace('wallet', 'finance')}/retry`;
    // The row is parked a moment before its workflow takes decisions.
    await waitFor('the decision', async () => (await giveaways('POST', action, decision)).status === 202);
  };

  /** The worker dies, and comes back with this key window, which it alone keeps to; the provider's own if absent. */
  async function restartWorker(keyWindowMs?: number): Promise<void> {
    const { stack } = test;
    await stack.kill('worker');
    stack.settingsOf.worker = keyWindowMs === undefined ? {} : { PAYMENTS_KEY_WINDOW_MS: String(keyWindowMs) };
    await stack.restart('worker');
  }

  /** As a message of the provider would. */
  const hint = (path: string): Promise<void> =>
    withTemporal(test.stack, ({ giveaway }) =>
      giveaway.workflow.getHandle(withdrawWalletId(path.split('/').at(-1) ?? '')).signal(PROVIDER_CONFIRMED),
    );

  /** A card of the merchant's, all at once. */
  async function redeem(): Promise<{ redemptionId: string }> {
    const order = { catalogueItemId: merchant.itemId, amountMinor: '10000', activate: true };
    const { body } = expectStatus(await cards('POST', '/v1/card-orders', { token: host.token, body: order }), 201);
    const csv = await cards('GET', `/v1/card-orders/${body.orderId}/codes.csv`, { token: host.token });
    const [, code = ''] = ((csv.body as string).split('\n')[1] ?? '').split(',');
    const till = { token: merchant.token, body: { merchantId: merchant.merchantId, code } };
    return expectStatus(await cards('POST', '/v1/redemptions', till), 201).body;
  }
  const settled = (redemptionId: string): Promise<void> =>
    waitFor('the settlement', async () => {
      const { body } = await cards('GET', `/v1/redemptions/${redemptionId}`, { token: merchant.token });
      return body.state === 'SETTLED';
    });
  const historyOf = (redemptionId: string) =>
    withTemporal(test.stack, async ({ giftcard }) => {
      const { events } = await giftcard.workflow.getHandle(redeemGiftCardId(redemptionId)).fetchHistory();
      return events ?? [];
    });
  type Events = Awaited<ReturnType<typeof historyOf>>;
  const lookUpsIn = (events: Events): Events =>
    events.filter(
      ({ activityTaskScheduledEventAttributes: scheduled }) => scheduled?.activityType?.name === 'findTransfer',
    );

  it('are sent again under their own key while the provider knows it, when it has been left alone for as long as it asked', async () => {
    await provider.strike({ match: { destinationAccount: 'acct_busy' }, kind: 'rate_limit', retryAfterS: 3 });
    const startedAt = Date.now();
    await reaches(await withdrawTo('acct_busy'), 'SUCCEEDED');
    expect(Date.now() - startedAt).toBeGreaterThan(3_000);
    expect(await transfersTo('acct_busy')).toHaveLength(1);
  });

  it('park when the provider lists what its look-ups do not find, and end when they do: paid once', async () => {
    await provider.strike({ match: { destinationAccount: 'acct_hidden' }, kind: 'appear_late', afterMs: HIDDEN_MS });
    await provider.strike({ match: { operation: 'look_up' }, kind: 'rate_limit', retryAfterS: OVER_S });
    const path = await withdrawTo('acct_hidden');
    // It was sent in time, however long that took; whether it is sent again is decided after the provider's rest.
    await waitFor('the transfer', async () => (await transfersTo('acct_hidden')).length === 1);
    await restartWorker(KEY_WINDOW_MS);
    await reaches(path, 'NEEDS_ATTENTION');
    expect(await get(host, path)).toMatchObject({ failureCode: 'listed_but_not_found' });
    await provider.advance(HIDDEN_MS);
    await hint(path);
    await reaches(path, 'SUCCEEDED');
    expect(await get(host, path)).toMatchObject({ caseNumber: 1 });
    expect(await transfersTo('acct_hidden')).toHaveLength(1);
  });

  it('park after the key window until the settlement files are final; what they lack is paid under a new intent, once', async () => {
    await provider.strike({ match: { destinationAccount: 'acct_lost' }, kind: 'rate_limit', retryAfterS: OVER_S });
    const path = await withdrawTo('acct_lost');
    await reaches(path, 'NEEDS_ATTENTION');
    expect(await get(host, path)).toMatchObject({ failureCode: 'not_found_after_key_window' });
    expect(await transfersTo('acct_lost')).toEqual([]);
    // The new one, and those after it, have all the time they need.
    await restartWorker();
    await provider.advance(50 * HOUR_MS);
    await retry(path);
    await reaches(path, 'SUCCEEDED');
    expect(await transfersTo('acct_lost')).toHaveLength(1);
  });

  /** The payout is carried out and comes back while we still wait for the answer: the message of it comes early. */
  async function reverseBeforeTheAnswer(account: string): Promise<void> {
    await waitFor('the transfer', async () => (await transfersTo(account)).length === 1);
    const [transfer] = await transfersTo(account);
    await provider.reverse(transfer?.reference ?? '');
  }

  it('that came back before we knew of them were paid, and are owed again', async () => {
    const before = await walletOf();
    await provider.strike({ match: { destinationAccount: 'acct_back' }, kind: 'timeout', effect: 'after' });
    const path = await withdrawTo('acct_back');
    await reverseBeforeTheAnswer('acct_back');
    await reaches(path, 'RETURNED');
    expect(await walletOf()).toEqual({ ...before, payoutAccount: 'acct_back' });
  });

  it('of a settlement as well: it parks, and is paid under a new one', async () => {
    const account = merchant.payoutAccount;
    await provider.strike({ match: { destinationAccount: account }, kind: 'timeout', effect: 'after' });
    const { redemptionId } = await redeem();
    await reverseBeforeTheAnswer(account);
    const parked = '/v1/finance/settlements?state=needs_attention';
    const list = async () => expectStatus(await cards('GET', parked, { token: finance.token }), 200).body.data;
    await waitFor('the case', async () => (await list()).length === 1);
    const [{ settlementId, caseNumber, reason }] = await list();
    expect(reason).toBe('payout_reversed');
    const decision = { token: finance.token, body: { caseNumber, reason: 'their bank is well again' } };
    const decide = () => cards('POST', `/v1/finance/settlements/${settlementId}/retry`, decision);
    await waitFor('the decision', async () => (await decide()).status === 202);
    await settled(redemptionId);
    expect((await transfersTo(account)).map(({ status }) => status)).toEqual(['reversed', 'succeeded']);
  });

  it('of a settlement are looked up when the provider says something, long before the next look-up is due', async () => {
    const account = merchant.payoutAccount;
    const match = { operation: 'transfer', destinationAccount: account };
    await provider.strike({ match, kind: 'pending', afterMs: HOUR_MS });
    const { redemptionId } = await redeem();
    await waitFor('two look-ups', async () => lookUpsIn(await historyOf(redemptionId)).length >= 2);
    await provider.advance(HOUR_MS);
    await settled(redemptionId);
    // The last one came before its time: what was said ended the wait for it.
    const events = await historyOf(redemptionId);
    const before = events.slice(0, events.indexOf(lookUpsIn(events).at(-1) ?? {}));
    const begun = before.findLastIndex(({ timerStartedEventAttributes: timer }) => timer);
    const wait = before[begun];
    const waitS = Number(wait?.timerStartedEventAttributes?.startToFireTimeout?.seconds);
    expect(waitS).toBeGreaterThanOrEqual(THIRD_WAIT_S);
    const isOfWait = ({ startedEventId }: { startedEventId?: unknown }): boolean =>
      String(startedEventId) === String(wait?.eventId);
    expect(events.some(({ timerCanceledEventAttributes: ended }) => ended && isOfWait(ended))).toBe(true);
    expect(events.some(({ timerFiredEventAttributes: ended }) => ended && isOfWait(ended))).toBe(false);
    const meanwhile = before.slice(begun);
    expect(meanwhile.some(({ workflowExecutionSignaledEventAttributes: signal }) => signal)).toBe(true);
  });

  it('are credited once whether messages come early, several times, out of order, forged, or never', async () => {
    const credits = async (amountMinor: string, key: string) => {
      const before = BigInt((await walletOf()).balanceMinor);
      expect((await fund(amountMinor, key)).status).toBeLessThan(300);
      const credited = async () => BigInt((await walletOf()).balanceMinor) - before === BigInt(amountMinor);
      await waitFor(`the credit of ${amountMinor}`, credited);
      expect(expectStatus(await fund(amountMinor, key), 201).body.state).toBe('SUCCEEDED');
      expect(await credited()).toBe(true);
    };
    // Early: the message is here before the answer, which never comes.
    await provider.strike({ match: { operation: 'charge', amount: '1001' }, kind: 'timeout', effect: 'after' });
    await credits('1001', 'early');
    // Ten times, overtaking each other, with forgeries among them.
    await provider.behave({ webhooks: { copies: 10, shuffleMs: 1_000, forged: 1 } });
    await provider.strike({ match: { operation: 'charge', amount: '1002' }, kind: 'pending', afterMs: 1_000 });
    await credits('1002', 'ten');
    await provider.behave({ webhooks: { copies: 1, shuffleMs: 0, forged: 0, dropped: 1 } });
    await provider.strike({ match: { operation: 'charge', amount: '1003' }, kind: 'fee_late', afterMs: 1_000 });
    await credits('1003', 'never');
    const { charges } = await providerTruth(test.stack);
    expect(charges.filter(({ amount }) => /^100[123]$/.test(amount))).toHaveLength(3);
  });

  it('leave histories that replay, and keep every invariant of both books', async () => {
    const connection = await Connection.connect({ address: test.stack.environment['TEMPORAL_ADDRESS'] ?? '' });
    const paying =
      "WorkflowType IN ('fundWallet', 'withdrawWallet', 'returnWithdrawal', 'redeemGiftCard', 'reversePayout')";
    for (const namespace of ['giveaway', 'giftcard']) {
      const { types, failures } = await replayHistories(new Client({ connection, namespace }), { query: paying });
      expect(types.length).toBeGreaterThan(1);
      expect(failures).toEqual([]);
    }
    await connection.close();
    expect((await runAudit(test.stack.environment)).filter(({ broken }) => broken > 0)).toEqual([]);
  });
});
