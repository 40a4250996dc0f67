import { Client, Connection } from '@temporalio/client';
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { auditBook, type AuditWorld } from '../../activities/audit-book.ts';
import { connect, type Database } from '../../db/connect.ts';
import { httpPayments } from '../../providers/payments/http.ts';
import { runAudit } from '../../scripts/audit/main.ts';
import { setUpMerchant, type MerchantSetUp } from '../../scripts/demo/main-job.ts';
import { fundWallet, type Person, registerFinance, registerPerson } from '../../scripts/demo/people.ts';
import { waitFor } from '../../scripts/demo/watch.ts';
import { apiClient, expectStatus, type ApiClient } from '../../scripts/stack/http-client.ts';
import { PAYOUTS_RESUMED } from '../../workflows/audit/contract.ts';
import { redeemGiftCardId } from '../../workflows/giftcard/settlement.contract.ts';
import { withdrawWalletId } from '../../workflows/wallet/contract.ts';
import { startAlertReceiver } from '../support/alert-receiver.ts';
import { firedOf } from '../support/breaks.ts';
import { orderCards } from '../support/order-cards.ts';
import { paymentProvider } from '../support/payment-provider.ts';
import { replayHistories } from '../support/replay.ts';
import { startTestStack, type TestStack } from '../support/test-stack.ts';
import { PATIENCE_MS } from '../support/database.ts';

/** The audit of what moved runs again and again while the tests do. */
const EVERY_MS = '5000';

describe('the auditor beside a running system', () => {
  let test: TestStack;
  let giveaways: ApiClient;
  let cards: ApiClient;
  let merchant: MerchantSetUp;
  let host: Person;
  let codes: string[];
  let finance: Person;
  let approver: Person;
  let books: { giveaway: Database; giftcard: Database };
  let alerts: Awaited<ReturnType<typeof startAlertReceiver>>;

  beforeAll(async () => {
    alerts = await startAlertReceiver();
    const webhook = { ALERT_WEBHOOK_URL: alerts.url, ALERT_WEBHOOK_SECRET: alerts.secret };
    test = await startTestStack({ SWEEP_INTERVAL_MS: EVERY_MS, ...webhook });
    const { environment } = test.stack;
    const open = (name: string): Database =>
      connect({
        url: environment[`DATABASE_URL_${name}`] ?? '',
        poolMax: 2,
        applicationName: 'handsel-test',
        patienceMs: PATIENCE_MS,
      });
    books = { giveaway: open('GIVEAWAY'), giftcard: open('GIFTCARD') };
    giveaways = apiClient(test.stack.applicationUrl('giveaway-api'));
    cards = apiClient(test.stack.applicationUrl('giftcard-api'));
    merchant = await setUpMerchant(giveaways, cards, () => {});
    host = await registerPerson(giveaways, 'Audrey Audited', ['host']);
    await fundWallet(giveaways, host.token, { amountMinor: '200000', currency: 'USD' });
    codes = await orderCards(cards, host, merchant, 10);
    [finance, approver] = [
      await registerFinance(giveaways, environment),
      await registerFinance(giveaways, environment),
    ];
  });
  afterAll(async () => {
    await Promise.all([books.giveaway.destroy(), books.giftcard.destroy()]);
    await test.stop();
    await alerts.close();
  });

  const world = (): AuditWorld => ({
    books,
    payments: httpPayments({
      baseUrl: test.stack.environment['PAYMENTS_URL'] ?? '',
      apiKey: test.stack.environment['PAYMENTS_API_KEY'] ?? '',
      poolAccount: 'pool',
      timeoutMs: 10_000,
      keyWindowMs: 86_400_000,
    }),
  });
  /** Past the triggers. */
  const tamper = (db: Database, sql: string, bindings: readonly string[] = []): Promise<void> =>
    db.transaction(async (trx) => {
      await trx.raw('set local session_replication_role = replica');
      await trx.raw(sql, [...bindings]);
    });
  const read = async (api: ApiClient, path: string) =>
    expectStatus(await api('GET', path, { token: finance.token }), 200).body;
  const decide = (api: ApiClient, path: string, body: object) => api('POST', path, { token: finance.token, body });

  async function redeem(code: string): Promise<{ redemptionId: string; settlementId: string }> {
    const till = { token: merchant.token, body: { merchantId: merchant.merchantId, code } };
    return expectStatus(await cards('POST', '/v1/redemptions', till), 201).body;
  }
  const settlement = (id: string) => read(cards, `/v1/settlements/${id}`);
  const isSettled = async (id: string): Promise<boolean> => (await settlement(id)).state === 'SETTLED';

  /** Everything, now. @returns the run. */
  async function auditNow(api: ApiClient) {
    const { body } = expectStatus(await decide(api, '/v1/finance/audit/runs', { scope: 'whole' }), 202);
    const run = () => api('GET', body.href as string, { token: finance.token });
    await waitFor('the audit', async () => (await run()).status === 200);
    return (await run()).body;
  }

  it('raises no false alarm while cards are redeemed, withdrawals paid, and a settlement parks', async () => {
    expectStatus(
      await giveaways('PUT', '/v1/wallet/USD/payout-account', {
        token: host.token,
        body: { payoutAccount: 'acct_audrey' },
      }),
      200,
    );
    const match = { operation: 'transfer', destinationAccount: merchant.payoutAccount };
    await paymentProvider(test.stack).strike({ match, effect: 'before', kind: 'refuse', code: 'account_closed' });
    const settlements: string[] = [];
    for (const code of codes.splice(0, 8)) {
      settlements.push((await redeem(code)).settlementId);
      const withdrawal = { token: host.token, body: { amountMinor: '1000', currency: 'USD' } };
      expectStatus(await giveaways('POST', '/v1/wallet/withdrawals', withdrawal), 201);
    }
    const parkedList = '/v1/finance/settlements?state=needs_attention';
    await waitFor('the case', async () => (await read(cards, parkedList)).data.length === 1);
    const [parked] = (await read(cards, parkedList)).data;
    const retry = { caseNumber: parked.caseNumber, reason: 'open again' };
    expectStatus(await decide(cards, `/v1/finance/settlements/${parked.settlementId}/retry`, retry), 202);
    for (const id of settlements) await waitFor('the settlement', () => isSettled(id));
    for (const api of [giveaways, cards]) {
      expect(await auditNow(api)).toMatchObject({ scope: 'whole', late: 0, broken: 0 });
      const touched = '/v1/finance/audit/runs?scope=touched';
      await waitFor('the scheduled audits', async () => (await read(api, touched)).data.length > 1);
      expect((await read(api, '/v1/finance/audit/findings')).data).toEqual([]);
      expect((await read(api, '/v1/finance/halts')).data).toEqual([]);
    }
    const key = `settlement:${parked.settlementId}:1`;
    await waitFor('the alert', () => Promise.resolve(alerts.received.some((alert) => alert.key === key)));
    expect(alerts.received.filter((alert) => alert.key === key)).toMatchObject([
      { signed: true, correlationId: expect.any(String) },
    ]);
  });

  it('halts payouts of the book that is broken: redemptions are accepted, and paid when it is mended', async () => {
    const [first, second] = codes;
    const { settlementId: paid } = await redeem(first ?? '');
    await waitFor('the settlement', () => isSettled(paid));
    alerts.refuse(1);
    await tamper(books.giftcard, 'update settlements set line_count = 2 where id = ?', [paid]);
    expect(await auditNow(cards)).toMatchObject({ broken: 1 });
    expect(await auditNow(giveaways)).toMatchObject({ broken: 0 });
    expect((await read(giveaways, '/v1/finance/halts')).data).toEqual([]);
    const [halt] = (await read(cards, '/v1/finance/halts?state=active')).data;
    expect(halt).toMatchObject({ currency: 'USD', broken: 1, checks: ['settlements.lines'], liftedAt: null });
    const found = (await read(cards, `/v1/finance/audit/findings?haltId=${halt.haltId}&state=open`)).data;
    expect(found).toMatchObject([{ check: 'settlements.lines', subject: paid, verdict: 'broken' }]);

    const { redemptionId, settlementId } = await redeem(second ?? '');
    const resume = () => decide(cards, `/v1/finance/halts/${halt.haltId}/resume`, { reason: 'looked into it' });
    const refused = await resume();
    expect([refused.status, refused.body.code]).toEqual([409, 'halt_still_broken']);
    const payout = redeemGiftCardId(redemptionId);
    await waitFor('the wait', async () => (await shown(payout)).state === 'WAITING_FOR_HALT');
    expect(await settlement(settlementId)).toMatchObject({ state: 'SETTLING', intents: [] });
    expect(await shown(payout)).toMatchObject({
      state: 'WAITING_FOR_HALT',
      details: expect.stringContaining(`waits for the end of halt ${halt.haltId}`),
    });
    const readMetrics = async () => (await fetch(`${test.stack.applicationUrl('worker')}/metrics`)).text();
    const told = [
      /handsel_payouts_halted\{(?=.*book="giftcard")(?=.*currency="USD").*\} 1/,
      /handsel_audit_findings\{(?=.*check="settlements.lines")(?=.*verdict="broken").*\} 1/,
    ];
    await waitFor('the metrics', async () => {
      const metrics = await readMetrics();
      return told.every((line) => line.test(metrics));
    });

    await tamper(books.giftcard, 'update settlements set line_count = 1 where id = ?', [paid]);
    const lifted = expectStatus(await resume(), 200).body;
    expect(lifted).toMatchObject({ liftedBy: `user:${finance.id}`, liftReason: 'looked into it', broken: 0 });
    await waitFor('the settlement', () => isSettled(settlementId));
    expect(await auditNow(cards)).toMatchObject({ late: 0, broken: 0 });

    // The first attempt was refused: it came again, under the same id.
    const about = (key: string) => alerts.received.filter((alert) => alert.key === key);
    const [finding] = found;
    await waitFor('the alerts', () =>
      Promise.resolve(about(`halt:${halt.haltId}`).length > 0 && about(`audit:${finding.findingId}:broken`).length > 0),
    );
    expect(alerts.received.every(({ signed }) => signed)).toBe(true);
    await waitFor('the one that was refused', () =>
      Promise.resolve(alerts.received.length > new Set(alerts.received.map(({ id }) => id)).size),
    );
  });

  it('holds a withdrawal back while its book is halted, and pays it when two people have waived what was found', async () => {
    const withdraw = async (): Promise<string> => {
      const wish = { token: host.token, body: { amountMinor: '1000', currency: 'USD' } };
      return expectStatus(await giveaways('POST', '/v1/wallet/withdrawals', wish), 201).body.withdrawalId;
    };
    const isPaid = async (id: string): Promise<boolean> =>
      (await giveaways('GET', `/v1/wallet/withdrawals/${id}`, { token: host.token })).body.state === 'SUCCEEDED';
    const paid = await withdraw();
    await waitFor('the withdrawal', () => isPaid(paid));
    await tamper(books.giveaway, 'update wallet_withdrawals set amount_minor = 1001 where id = ?', [paid]);
    expect((await auditNow(giveaways)).broken).toBeGreaterThan(0);
    const [halt] = (await read(giveaways, '/v1/finance/halts?state=active')).data;
    expect((await read(cards, '/v1/finance/halts?state=active')).data).toEqual([]);

    const waits = await withdraw();
    const workflowId = withdrawWalletId(waits);
    await waitFor('the wait', async () => (await shown(workflowId, 'giveaway')).state === 'WAITING_FOR_HALT');
    expect(await shown(workflowId, 'giveaway')).toMatchObject({
      details: expect.stringContaining(`waits for the end of halt ${halt.haltId}`),
    });
    const { data } = await read(giveaways, `/v1/finance/audit/findings?haltId=${halt.haltId}&state=open`);
    const findingIds = data.map(({ findingId }: { findingId: string }) => findingId).toSorted();
    const waive = async (person: Person) => {
      const body = { findingIds, reason: 'a typing error of ours' };
      const path = `/v1/finance/halts/${halt.haltId}/waive`;
      return expectStatus(await giveaways('POST', path, { token: person.token, body }), 200).body;
    };
    for (const again of [1, 2])
      expect([again, await waive(finance)]).toMatchObject([again, { waived: [], waiting: findingIds }]);
    expect(await isPaid(waits)).toBe(false);
    // Between two of its first looks it could find the end of the halt by itself.
    const looksSeldom = async (client: Client): Promise<boolean> => {
      const { events } = await client.workflow.getHandle(workflowId).fetchHistory();
      const timers = events?.flatMap(({ timerStartedEventAttributes: timer }) => (timer ? [timer] : []));
      return Number(timers?.at(-1)?.startToFireTimeout?.seconds ?? 0) >= 15;
    };
    await waitFor('its longer waits', () => withTemporal(looksSeldom, 'giveaway'));
    expect(await waive(approver)).toMatchObject({
      waived: findingIds,
      halt: { liftedBy: `user:${approver.id}`, liftReason: 'a typing error of ours' },
    });
    await waitFor('the withdrawal', () => isPaid(waits));
    const woken = async (client: Client): Promise<boolean> => {
      const { events } = await client.workflow.getHandle(workflowId).fetchHistory();
      return (
        events?.some((event) => event.workflowExecutionSignaledEventAttributes?.signalName === PAYOUTS_RESUMED) ?? false
      );
    };
    await waitFor('the signal', () => withTemporal(woken, 'giveaway'));
    await tamper(books.giveaway, 'update wallet_withdrawals set amount_minor = 1000 where id = ?', [paid]);
    expect(await auditNow(giveaways)).toMatchObject({ late: 0, broken: 0 });
  });

  /** What people see of a workflow in Temporal's UI. */
  async function shown(workflowId: string, namespace = 'giftcard'): Promise<{ state: unknown; details: unknown }> {
    return withTemporal(async (client) => {
      const handle = client.workflow.getHandle(workflowId);
      const { typedSearchAttributes } = await handle.describe();
      const state = defineSearchAttributeKey('State', SearchAttributeType.KEYWORD);
      const metadata = await handle.query<{ currentDetails?: string }>('__temporal_workflow_metadata');
      return { state: typedSearchAttributes.get(state), details: metadata.currentDetails };
    }, namespace);
  }
  async function withTemporal<T>(work: (client: Client) => Promise<T>, namespace = 'giftcard'): Promise<T> {
    const connection = await Connection.connect({ address: test.stack.environment['TEMPORAL_ADDRESS'] ?? '' });
    try {
      return await work(new Client({ connection, namespace }));
    } finally {
      await connection.close();
    }
  }

  it('holds what ended against what the provider says of it, and the books against its balance', async () => {
    const only = new Set(['provider.intents', 'provider.balance']);
    const fired = async (book: 'giveaway' | 'giftcard') => firedOf((await auditBook(book, world(), { only })).results);
    expect([await fired('giveaway'), await fired('giftcard')]).toEqual([[], []]);
    const paid = await books
      .giftcard('settlement_intents')
      .where({ state: 'SUCCEEDED' })
      .orderBy('id')
      .limit(2)
      .pluck<string[]>('id');
    const claim = (id: string | undefined, state: string): Promise<void> =>
      tamper(books.giftcard, 'update settlement_intents set state = ?, updated_at = now() where id = ?', [
        state,
        id ?? '',
      ]);
    await claim(paid[0], 'FAILED_DEFINITE');
    await claim(paid[1], 'REVERSED');
    const { results } = await auditBook('giftcard', world(), { only: new Set(['provider.intents']) });
    expect(results).toMatchObject([{ broken: 2, late: 0 }]);
    expect(results[0]?.rows.map(({ subject }) => subject).toSorted()).toEqual(paid);
    for (const id of paid) await claim(id, 'SUCCEEDED');
    expect(await fired('giftcard')).toEqual([]);

    await paymentProvider(test.stack).move('pool', 'bank', '700', 'destination');
    const balance = { name: 'provider.balance', verdict: 'late', currencies: ['USD'] };
    await waitFor('the difference', async () => (await fired('giftcard')).length > 0);
    expect(await fired('giveaway')).toEqual([balance]);
    const loss = { kind: 'reconciliation_loss', currency: 'USD', amountMinor: '700', reason: 'the bank kept it' };
    const { body } = expectStatus(await decide(giveaways, '/v1/finance/adjustments', loss), 201);
    const approval = { token: approver.token, body: { approve: true } };
    expectStatus(await giveaways('POST', `/v1/finance/adjustments/${body.adjustmentId}/decide`, approval), 200);
    expect(await fired('giftcard')).toEqual([]);
  });

  it('leaves histories that replay, and books without a break', async () => {
    expect((await runAudit(test.stack.environment)).filter(({ broken }) => broken > 0)).toEqual([]);
    for (const namespace of ['giveaway', 'giftcard']) {
      const replayed = await withTemporal(replayHistories, namespace);
      expect(replayed.failures).toEqual([]);
      expect(replayed.types).toEqual(expect.arrayContaining(['auditBooks', 'deliverAlerts']));
    }
  });
});
