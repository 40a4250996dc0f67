import { randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect } from '../../db/connect.ts';
import { beginWithdrawal } from '../../db/wallet/withdraw-wallet.ts';
import { runAudit } from '../../scripts/audit/main.ts';
import { setUpMerchant, type MerchantSetUp } from '../../scripts/demo/main-job.ts';
import { fundWallet, type Person, registerFinance, registerPerson } from '../../scripts/demo/people.ts';
import { waitFor } from '../../scripts/demo/watch.ts';
import { apiClient, expectStatus, type Answer, type ApiClient } from '../../scripts/stack/http-client.ts';
import type { Stack } from '../../scripts/stack/stack.ts';
import {
  WALLET_TASK_QUEUE,
  WITHDRAW_WALLET,
  withdrawWalletId,
  type WithdrawWalletInput,
} from '../../workflows/wallet/contract.ts';
import { paymentProvider } from '../support/payment-provider.ts';
import { providerTruth } from '../support/provider-truth.ts';
import { replayHistories } from '../support/replay.ts';
import { startTestStack, type TestStack } from '../support/test-stack.ts';
import { PATIENCE_MS } from '../support/database.ts';

/** As an owner sweep would: the intent was written a day ago, and whoever was to send it has been lost. */
async function startLateWithdrawal(stack: Stack, input: WithdrawWalletInput): Promise<void> {
  const url = stack.environment['DATABASE_URL_GIVEAWAY'] ?? '';
  const db = connect({ url, poolMax: 1, applicationName: 'handsel-test', patienceMs: PATIENCE_MS });
  const connection = await Connection.connect({ address: stack.environment['TEMPORAL_ADDRESS'] ?? '' });
  try {
    await beginWithdrawal(db, { ...input, amountMinor: BigInt(input.amountMinor), payoutMinimumMinor: 0n }, input);
    await db('wallet_withdrawal_intents')
      .where({ withdrawal_id: input.withdrawalId })
      .update({ first_sent_at: new Date(Date.now() - 25 * 3_600_000) });
    await new Client({ connection, namespace: 'giveaway' }).workflow.start(WITHDRAW_WALLET, {
      taskQueue: WALLET_TASK_QUEUE,
      workflowId: withdrawWalletId(input.withdrawalId),
      args: [input],
    });
  } finally {
    await connection.close();
    await db.destroy();
  }
}

async function escrowIsFrozen(stack: Stack, hostId: string): Promise<boolean> {
  const url = stack.environment['DATABASE_URL_GIFTCARD'] ?? '';
  const db = connect({ url, poolMax: 1, applicationName: 'handsel-test', patienceMs: PATIENCE_MS });
  try {
    return (await db('host_escrow_freezes').where({ host_id: hostId }).first('id')) !== undefined;
  } finally {
    await db.destroy();
  }
}

describe('the wallet of a host', () => {
  let test: TestStack;
  let giveaways: ApiClient;
  let cards: ApiClient;
  let merchant: MerchantSetUp;
  let finance: readonly Person[];
  let provider: ReturnType<typeof paymentProvider>;

  beforeAll(async () => {
    test = await startTestStack();
    const { environment } = test.stack;
    provider = paymentProvider(test.stack);
    giveaways = apiClient(test.stack.applicationUrl('giveaway-api'));
    cards = apiClient(test.stack.applicationUrl('giftcard-api'));
    merchant = await setUpMerchant(giveaways, cards, () => {});
    finance = [await registerFinance(giveaways, environment), await registerFinance(giveaways, environment)];
  });
  afterAll(() => test.stop());

  async function fundedHost(name: string, amountMinor = '30000'): Promise<Person & { fundingId: string }> {
    const host = await registerPerson(giveaways, name, ['host']);
    const { fundingId } = await fundWallet(giveaways, host.token, { amountMinor, currency: 'USD' });
    return { ...host, fundingId };
  }
  const payTo = (host: Person, payoutAccount: string): Promise<Answer> =>
    giveaways('PUT', '/v1/wallet/USD/payout-account', { token: host.token, body: { payoutAccount } });
  const withdraw = (host: Person, amountMinor: string, key = randomUUID()): Promise<Answer> =>
    giveaways('POST', '/v1/wallet/withdrawals', { token: host.token, body: { amountMinor, currency: 'USD' }, key });
  const get = async ({ token }: Person, path: string) => (await giveaways('GET', path, { token })).body;
  async function ended(host: Person, { body }: Answer) {
    const path = `/v1/wallet/withdrawals/${body.withdrawalId}`;
    await waitFor('the withdrawal', async () => /SUCCEEDED|FAILED/.test((await get(host, path)).state));
    return get(host, path);
  }
  const walletOf = async (host: Person) => (await get(host, '/v1/wallet')).data[0];
  const paidTo = async (account: string) =>
    (await providerTruth(test.stack)).transfers.filter(
      ({ destination, status }) => destination === account && status === 'succeeded',
    );

  it('is paid out to its account, less the fee that it carries, once for one key', async () => {
    const host = await fundedHost('Wendy Withdraw');
    expect((await withdraw(host, '10000')).body.code).toBe('payout_account_missing');
    expectStatus(await payTo(host, 'acct_wendy'), 200);
    const key = randomUUID();
    const answers = await Promise.all([withdraw(host, '10000', key), withdraw(host, '10000', key)]);
    const first = answers.find(({ status }) => status === 201);
    if (!first) throw new Error(`nobody was answered: ${JSON.stringify(answers)}`);
    expect(await ended(host, first)).toMatchObject({ state: 'SUCCEEDED', feeMinor: '300', paidMinor: '9700' });
    expect(await paidTo('acct_wendy')).toMatchObject([{ amount: '9700' }]);
    expect(await walletOf(host)).toMatchObject({
      balanceMinor: '20000',
      heldMinor: '0',
      spendableMinor: '20000',
      carriedFeeMinor: '600',
      payoutAccount: 'acct_wendy',
    });
    expect((await withdraw(host, '20001')).body.code).toBe('wallet_insufficient_funds');
    const stranger = await fundedHost('Stan Stranger');
    const { withdrawalId } = first.body;
    expect((await get(stranger, `/v1/wallet/withdrawals/${withdrawalId}`)).code).toBe('withdrawal_not_found');
  });

  it('is paid once when the answer is lost, waits for a short pool, and has its money back after a refusal', async () => {
    const host = await fundedHost('Freda Faults');
    const account = 'acct_freda';
    expectStatus(await payTo(host, account), 200);
    const match = { operation: 'transfer', destinationAccount: account };
    await provider.strike({ match, effect: 'after', kind: 'error' });
    expect(await ended(host, expectStatus(await withdraw(host, '1000'), 201))).toMatchObject({ state: 'SUCCEEDED' });
    expect(await paidTo(account)).toHaveLength(1);

    await provider.strike({ match, effect: 'before', kind: 'refuse', code: 'insufficient_funds' });
    expect(await ended(host, expectStatus(await withdraw(host, '2000'), 201))).toMatchObject({ state: 'SUCCEEDED' });
    expect(await paidTo(account)).toHaveLength(2);

    const before = await walletOf(host);
    await provider.strike({ match, effect: 'before', kind: 'refuse', code: 'account_closed' });
    expect(await ended(host, expectStatus(await withdraw(host, '3000'), 201))).toMatchObject({
      state: 'FAILED',
      failureCode: 'account_closed',
    });
    expect(await walletOf(host)).toEqual(before);

    const { data } = await get(host, '/v1/wallet/withdrawals?state=succeeded&limit=1');
    expect(data).toMatchObject([{ amountMinor: '2000' }]);
    const [fin] = finance;
    if (!fin) throw new Error('nobody of finance');
    expect((await get(fin, `/v1/finance/withdrawals?state=failed&hostId=${host.id}`)).data).toHaveLength(1);
    expect((await get(fin, `/v1/finance/fundings?state=succeeded&hostId=${host.id}`)).data).toHaveLength(1);
  });

  it('parks when nobody knows of the payout, asks again when finance says so, and is given back by two people', async () => {
    const host = await fundedHost('Paula Parked');
    expectStatus(await payTo(host, 'acct_paula'), 200);
    // Its files of these days are not there yet: they cannot say that the payout never arrived.
    await provider.behave({ settlementFileDelayMs: 30 * 24 * 3_600_000 });
    const input = { withdrawalId: randomUUID(), hostId: host.id, currency: 'USD', amountMinor: '5000' };
    const path = `/v1/wallet/withdrawals/${input.withdrawalId}`;
    await startLateWithdrawal(test.stack, { ...input, actor: `user:${host.id}`, requestId: 'test' });
    const [asks, approves] = finance;
    if (!asks || !approves) throw new Error('nobody of finance');
    const parked = (caseNumber: number) =>
      waitFor('the case', async () => {
        const { state, caseNumber: now } = await get(host, path);
        return state === 'NEEDS_ATTENTION' && now === caseNumber;
      });
    await parked(1);
    expect((await get(asks, '/v1/finance/withdrawals?state=needs_attention')).data).toMatchObject([
      { withdrawalId: input.withdrawalId, failureCode: 'not_found_after_key_window', caseNumber: 1 },
    ]);
    const decide = ({ token }: Person, action: string, caseNumber: number) =>
      giveaways('POST', `/v1/finance/withdrawals/${input.withdrawalId}/${action}`, {
        token,
        body: { caseNumber, reason: 'looked at the file' },
      });
    expectStatus(await decide(asks, 'retry', 1), 202);
    await parked(2);
    expect((await decide(asks, 'give-back', 1)).body.code).toBe('case_changed');
    expect(expectStatus(await decide(asks, 'give-back', 2), 200).body).toMatchObject({ approved: false });
    expectStatus(await decide(approves, 'give-back', 2), 202);
    await waitFor('the end', async () => (await get(host, path)).state === 'FAILED');
    expect(await walletOf(host)).toMatchObject({ balanceMinor: '30000', heldMinor: '0', carriedFeeMinor: '900' });
    expect((await decide(asks, 'retry', 2)).body.code).toBe('case_not_open');
  });

  it('has a payout back that came back, once, however often that is said', async () => {
    const host = await fundedHost('Rhoda Returned');
    expectStatus(await payTo(host, 'acct_rhoda'), 200);
    const withdrawal = await ended(host, expectStatus(await withdraw(host, '10000'), 201));
    const [payout] = await paidTo('acct_rhoda');
    await provider.reverse(payout?.reference ?? '');
    const path = `/v1/wallet/withdrawals/${withdrawal.withdrawalId}`;
    await waitFor('the return', async () => (await get(host, path)).state === 'RETURNED');
    const told = { kind: 'transfer', reference: payout?.reference };
    expect(await provider.tell('transfer.reversed', told)).toBe(204);
    expect(await walletOf(host)).toMatchObject({
      balanceMinor: '30000',
      spendableMinor: '30000',
      carriedFeeMinor: '900',
    });
  });

  it('has a statement, as JSON and CSV, and a balance at any time', async () => {
    const before = new Date().toISOString();
    const host = await fundedHost('Stella Statement');
    expectStatus(await payTo(host, 'acct_stella'), 200);
    await ended(host, expectStatus(await withdraw(host, '10000'), 201));
    const first = await get(host, '/v1/wallet/USD/statement?limit=2');
    expect(first.data).toMatchObject([
      { code: 'fund.post', amountMinor: '30000', balanceMinor: '30000', counterparty: 'provider:clearing' },
      { amountMinor: expect.stringMatching(/^-/) },
    ]);
    const rest = await get(host, `/v1/wallet/USD/statement?after=${first.next}`);
    expect(rest).toMatchObject({ data: [{ balanceMinor: '20000' }], next: null });
    const csv = (await get(host, '/v1/wallet/USD/statement.csv')) as string;
    expect(csv.trim().split('\n')).toHaveLength(4);
    expect(await get(host, `/v1/wallet/USD/balance?at=${before}`)).toMatchObject({ balanceMinor: '0' });
    expect(await get(host, '/v1/wallet/USD/balance')).toMatchObject({ balanceMinor: '20000' });
    expect((await get(host, '/v1/wallet/USD/statement?after=nonsense')).code).toBe('validation_failed');

    const [fin] = finance;
    const { data } = (await cards('GET', '/v1/finance/accounts?type=platform:fees', { token: fin?.token })).body;
    expect(data).toEqual([]);
    const found = await giveaways('GET', `/v1/finance/accounts?type=host:wallet&ownerId=${host.id}`, {
      token: fin?.token,
    });
    expect(found.body.data).toMatchObject([{ currency: 'USD', balanceMinor: '20000' }]);
    const transferId = first.data[0].transferId as string;
    const reversal = { token: fin?.token, body: { reason: 'a try' } };
    const refused = await giveaways('POST', `/v1/finance/transfers/${transferId}/reverse`, reversal);
    expect([refused.status, refused.body.code]).toEqual([409, 'ledger_transfer_not_reversible']);
  });

  it('is frozen with its escrow when a charge is disputed, until the case is resolved', async () => {
    const host = await fundedHost('Dan Dispute', '10000');
    const order = { catalogueItemId: merchant.itemId, amountMinor: '5000', activate: false };
    const { body } = expectStatus(await cards('POST', '/v1/card-orders', { token: host.token, body: order }), 201);
    const [card] = (await cards('GET', `/v1/card-orders/${body.orderId}/cards`, { token: host.token })).body.data;
    const assign = () =>
      cards('POST', `/v1/gift-cards/${card.cardId}/assign`, {
        token: host.token,
        body: { assigneeId: randomUUID() },
      });

    await provider.move('pool', 'bank', '10000', 'destination');
    const dispute = { kind: 'dispute', reference: host.fundingId, amount: '10000' };
    expect(await provider.tell('charge.disputed', dispute)).toBe(204);
    expect(await provider.tell('charge.disputed', dispute)).toBe(204);
    const [asks, approves] = finance;
    if (!asks || !approves) throw new Error('nobody of finance');
    const list = () => get(asks, `/v1/finance/disputes?hostId=${host.id}`);
    await waitFor('the case', async () => (await list()).data.length > 0);
    expect((await list()).data).toMatchObject([
      { takenMinor: '5000', receivableMinor: '5000', lostFeeMinor: '160', state: 'OPEN', caseNumber: 1 },
    ]);
    expect(await walletOf(host)).toMatchObject({ state: 'FROZEN', balanceMinor: '0', frozenReason: 'charge_disputed' });
    // An attempt before the freeze has come over would give the card away.
    await waitFor('the freeze of the escrow', () => escrowIsFrozen(test.stack, host.id));
    expect((await assign()).body.code).toBe('card_frozen');

    const decision = { caseNumber: 1, outcome: 'lost', reason: 'the bank decided' };
    const path = `/v1/finance/disputes/${host.fundingId}`;
    const decide = (person: Person, action: string, change: object) =>
      giveaways('POST', `${path}/${action}`, { token: person.token, body: { ...decision, ...change } });
    expect((await decide(asks, 'resolve', { caseNumber: 2 })).body.code).toBe('case_changed');
    expectStatus(await decide(asks, 'resolve', {}), 202);
    await waitFor('the end of the freeze', async () => (await assign()).status === 200);
    expect(await walletOf(host)).toMatchObject({ state: 'ACTIVE' });
    expect((await decide(approves, 'resolve', { outcome: 'won' })).body.code).toBe('case_not_open');

    const { outcome: _outcome, ...writeOff } = decision;
    const give = (person: Person) => giveaways('POST', `${path}/write-off`, { token: person.token, body: writeOff });
    expect((await give(asks)).body).toMatchObject({ approved: false });
    expect((await give(asks)).body).toMatchObject({ approved: false });
    expect(expectStatus(await give(approves), 201).body).toMatchObject({ state: 'WRITTEN_OFF' });
  });

  it('has back what a dispute took when it is won', async () => {
    const host = await fundedHost('Willa Won', '10000');
    await provider.move('pool', 'bank', '10000', 'destination');
    await provider.tell('charge.disputed', { kind: 'dispute', reference: host.fundingId, amount: '10000' });
    await waitFor('the freeze', async () => (await walletOf(host)).state === 'FROZEN');
    await provider.move('bank', 'pool', '10000', 'source');
    const body = { caseNumber: 1, outcome: 'won', reason: 'the bank decided' };
    const path = `/v1/finance/disputes/${host.fundingId}/resolve`;
    expectStatus(await giveaways('POST', path, { token: finance[0]?.token, body }), 202);
    await waitFor('the money', async () => (await walletOf(host)).balanceMinor === '10000');
    expect((await get(host, '/v1/wallet/disputes')).data).toMatchObject([{ state: 'WON' }]);

    const control = { spendableAfterMs: 3_600_000, reason: 'was disputed once' };
    const wallet = `/v1/finance/wallets/${host.id}/USD`;
    expectStatus(await giveaways('PUT', wallet, { token: finance[0]?.token, body: control }), 200);
    expect(await walletOf(host)).toMatchObject({ spendableMinor: '0', waitingMinor: '10000' });
    expectStatus(await payTo(host, 'acct_willa'), 200);
    expect((await withdraw(host, '1')).body.code).toBe('wallet_funds_not_yet_spendable');
  });

  it('leaves histories that replay, and keeps every invariant of both books', async () => {
    const connection = await Connection.connect({ address: test.stack.environment['TEMPORAL_ADDRESS'] ?? '' });
    try {
      const replayed = await replayHistories(new Client({ connection, namespace: 'giveaway' }));
      expect(replayed.failures).toEqual([]);
      expect(replayed.types).toEqual(expect.arrayContaining(['disputeFunding', 'fundWallet', 'withdrawWallet']));
    } finally {
      await connection.close();
    }
    expect((await runAudit(test.stack.environment)).filter(({ broken }) => broken > 0)).toEqual([]);
  });
});
