import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { reconciliationActivities } from '../../activities/reconcile-provider.ts';
import type { WorkflowOwners } from '../../activities/workflow-owners.ts';
import { completeLeg, type SettlementStep } from '../../db/giftcard/pay-settlement.ts';
import { redeemGiftCard } from '../../db/giftcard/redeem-gift-card.ts';
import { reversePayout } from '../../db/giftcard/reverse-payout.ts';
import { checkLedger } from '../../db/ledger/audit.ts';
import {
  findReconciliationCase,
  listReconciliationCases,
  noteReconciliationCase,
  reconciliationCaseHistory,
  resolveReconciliationCase,
} from '../../db/platform/reconciliation-case.ts';
import { listReconciliations } from '../../db/platform/reconcile-provider.ts';
import { secondDecision } from '../../db/platform/second-decision.ts';
import type { PaymentsPort, SettlementFile, SettlementLine } from '../../providers/payments/port.ts';
import { CASE_READ_ANEW, reconciliationCaseId } from '../../workflows/platform/reconciliation.contract.ts';
import { twice } from '../commands/twice.ts';
import { cause, issueCard, openCardShop, payoutRules, redemptionOf, type CardShop } from '../support/cards.ts';
import { awayFromMidnight, createTestDatabase, type TestDatabase } from '../support/database.ts';
import { startPaymentsSimulator } from '../support/payments-simulator.ts';

const told: string[] = [];
/** The workflows of cases are open already, and note down what they are told. */
const owners: WorkflowOwners = {
  isOpen: () => Promise.resolve(true),
  start: () => Promise.resolve(false),
  signal: (workflowId, signal) => {
    told.push(`${signal} ${workflowId}`);
    return Promise.resolve(true);
  },
  decide: () => Promise.resolve('service_unavailable'),
};

describe('the provider’s file against our book', () => {
  let test: TestDatabase;
  let shop: CardShop;
  let file: SettlementFile | undefined;

  beforeAll(async () => {
    test = await createTestDatabase('giftcard');
    shop = await openCardShop(test.db);
  });
  // What is paid and what is read in one test belongs to one day.
  beforeEach(awayFromMidnight);
  afterAll(() => test.drop());

  const activities = (settlementFile: PaymentsPort['settlementFile'] = () => Promise.resolve(file)) =>
    reconciliationActivities({
      db: test.db,
      files: { provider: 'handsel', payments: { settlementFile } },
      owners,
      alerts: { raise: () => Promise.resolve() },
      taskQueue: 'giftcard',
      heartbeat: () => {},
      kinds: ['transfer', 'reversal', 'fee'],
      adopt: () => Promise.resolve(false),
    });
  async function* each(lines: readonly SettlementLine[]): AsyncGenerator<SettlementLine> {
    yield* lines;
  }
  /** Reads the lines as the file of the day, as the workflow does. */
  async function reconcile(lines: readonly SettlementLine[], final = true) {
    file = { final, lines: each(lines) };
    const date = new Date().toISOString().slice(0, 10);
    const loaded = await activities().loadSettlementFile({ date, ...cause });
    if (!loaded) throw new Error('There was a file');
    return activities().matchSettlementFile({ ...loaded, ...cause });
  }
  const lineOf = ({ intent }: SettlementStep, change: Partial<SettlementLine> = {}): SettlementLine => ({
    reference: intent?.intentId ?? null,
    kind: 'transfer',
    state: 'succeeded',
    amountMinor: BigInt(intent?.amountMinor ?? '0'),
    feeMinor: 25n,
    currency: 'USD',
    at: new Date().toISOString(),
    ...change,
  });
  async function redeem(): Promise<SettlementStep> {
    const { step } = await redeemGiftCard(test.db, redemptionOf(await issueCard(test.db, shop), shop), cause);
    if (!step) throw new Error('A settlement of its own is missing');
    return step;
  }
  /** Pays the leg that is next. @returns the step that was paid. */
  async function pay(step: SettlementStep): Promise<SettlementStep> {
    const { settlementId, intent } = step;
    const paid = { settlementId, intentId: intent?.intentId ?? '', providerId: randomUUID(), payoutFeeMinor: 25n };
    await completeLeg(test.db, { ...paid, ...payoutRules }, cause);
    return step;
  }
  const open = async (kind?: string) =>
    listReconciliationCases(test.db, { state: 'OPEN', limit: 100, ...(kind ? { kind } : {}) });
  const only = async (kind: string) => {
    const [found, more] = await open(kind);
    if (!found || more) throw new Error(`Expected one case of ${kind}`);
    return found;
  };
  const resolve = (caseId: string, resolution: 'dismissed' | 'loss_accepted' | 'gain_held', caseNumber = 1) =>
    resolveReconciliationCase(test.db, { caseId, caseNumber, resolution, reason: 'looked into it' }, cause);

  it('says what matches, what either side lacks, and what differs', async () => {
    const [matched, missing, cheaper, reversed, twiceThere] = [
      await pay(await redeem()),
      await pay(await redeem()),
      await pay(await redeem()),
      await pay(await redeem()),
      await pay(await redeem()),
    ];
    const flying = await redeem();
    const stale = await redeem();
    const stranger = randomUUID();
    const hourAgo = new Date(Date.now() - 2 * 3_600_000).toISOString();
    const view = await reconcile([
      lineOf(matched),
      lineOf(cheaper, { feeMinor: 30n }),
      lineOf(reversed),
      lineOf(reversed, { kind: 'reversal', feeMinor: 0n }),
      lineOf(twiceThere),
      lineOf(twiceThere),
      lineOf(flying),
      lineOf(stale, { at: hourAgo }),
      lineOf(flying, { reference: stranger, amountMinor: 700n }),
      lineOf(flying, { reference: 'another system', kind: 'charge' }),
      lineOf(flying, { reference: null, kind: 'fee', amountMinor: 90n, feeMinor: 0n }),
    ]);
    // Both platform legs are still on their way, and so in neither.
    expect(view.counts).toEqual({
      lines: 11,
      matched: 3,
      inFlight: 1,
      elsewhere: 1,
      missingHere: 2,
      missingThere: 1,
      amountDiffers: 1,
      stateDiffers: 2,
      listedTwice: 1,
    });
    expect(await only('missing_there')).toMatchObject({
      intentId: missing.intent?.intentId,
      subjectType: 'settlement',
      subjectId: missing.settlementId,
      differenceMinor: '9287',
      theirs: null,
    });
    expect(await only('amount_differs')).toMatchObject({ differenceMinor: '-5', ours: { feeMinor: '25' } });
    expect(await only('listed_twice')).toMatchObject({ differenceMinor: '-9287' });
    const unknown = await open('missing_here');
    expect(unknown.map(({ reference, differenceMinor }) => [reference, differenceMinor])).toEqual(
      expect.arrayContaining([
        [stranger, '-725'],
        [null, '-90'],
      ]),
    );
    const states = (await open('state_differs')).map(({ intentId, differenceMinor }) => [intentId, differenceMinor]);
    expect(states).toEqual(
      expect.arrayContaining([
        [reversed.intent?.intentId, '9262'],
        [stale.intent?.intentId, '-9287'],
      ]),
    );
    // What was booked meanwhile is no difference any more, and what is still one is the same case.
    await pay(stale);
    await reversePayout(test.db, { intentId: reversed.intent?.intentId ?? '', workflowId: 'test' }, cause);
    const before = await open();
    const again = await reconcile([
      lineOf(matched),
      lineOf(missing),
      lineOf(cheaper, { feeMinor: 40n }),
      lineOf(reversed),
      lineOf(reversed, { kind: 'reversal', feeMinor: 0n }),
      lineOf(twiceThere),
      lineOf(twiceThere),
      lineOf(stale),
      lineOf(flying, { reference: stranger, amountMinor: 700n }),
    ]);
    expect(again.counts).toMatchObject({ matched: 6, missingThere: 0, stateDiffers: 0, missingHere: 1 });
    expect(await only('amount_differs')).toMatchObject({ differenceMinor: '-15', caseNumber: 2 });
    expect((await open()).length).toBe(3);
    const mended = await Promise.all(before.map(({ caseId }) => findReconciliationCase(test.db, caseId)));
    expect(mended.filter((found) => found?.resolution === 'matched_later')).toHaveLength(4);
    expect(await listReconciliations(test.db, { limit: 10 })).toHaveLength(1);
    // Their workflows look again: those of what is left, and those of what is mended.
    const { reconciliationId } = again;
    expect(await activities().openReconciliationCases({ reconciliationId, requestId: 'test' })).toBe(3);
    const anew = before.map(({ caseId }) => `${CASE_READ_ANEW} ${reconciliationCaseId(caseId)}`);
    expect(told.toSorted((one, other) => one.localeCompare(other))).toEqual(
      anew.toSorted((one, other) => one.localeCompare(other)),
    );
  });

  it('is the same however often one attempt is repeated, and goes on where a reading broke off', async () => {
    const lines = [await pay(await redeem()), await pay(await redeem())].map((step) => lineOf(step));
    const [first, second] = lines;
    if (!first || !second) throw new Error('Two lines are missing');
    async function* breaking(): AsyncGenerator<SettlementLine> {
      yield first as SettlementLine;
      throw new Error('the connection broke');
    }
    const broken = activities(() => Promise.resolve({ final: true, lines: breaking() }));
    await expect(broken.loadSettlementFile({ date: '2026-01-01', ...cause })).rejects.toThrow('broke');
    file = { final: true, lines: each(lines) };
    const loaded = await activities().loadSettlementFile({ date: '2026-01-01', ...cause });
    const match = () =>
      activities().matchSettlementFile({ reconciliationId: loaded?.reconciliationId ?? '', final: true, ...cause });
    const view = await twice(test.db, match);
    expect(view.counts).toMatchObject({ lines: 2, matched: 2 });
  });

  it('waits for a file that is not there, and says nothing is missing in one that is not final', async () => {
    file = undefined;
    expect(await activities().loadSettlementFile({ date: '2026-01-02', ...cause })).toBeNull();
    await pay(await redeem());
    expect((await reconcile([], false)).counts).toMatchObject({ lines: 0, missingThere: 0 });
  });

  it('asks the other service about transfers that it does not know, and does not miss those', async () => {
    const withdrawal = randomUUID();
    const lines = [lineOf(await redeem(), { reference: withdrawal })];
    file = { final: true, lines: each(lines) };
    const loaded = await activities().loadSettlementFile({ date: '2026-01-03', ...cause });
    const reconciliationId = loaded?.reconciliationId ?? '';
    const page = await activities().unknownTransfers({ reconciliationId, after: 0 });
    expect(page).toMatchObject({ references: [withdrawal], next: 1 });
    expect(await activities().unknownTransfers({ reconciliationId, after: 1 })).toMatchObject({
      references: [],
      next: null,
    });
    await activities().markElsewhere({ reconciliationId, references: [withdrawal] });
    const { counts } = await activities().matchSettlementFile({ reconciliationId, final: true, ...cause });
    expect(counts).toMatchObject({ elsewhere: 1, missingHere: 0 });
  });

  it('is assigned, noted down and dismissed, each once, on the case that was looked at', async () => {
    const [found] = await open('missing_here');
    if (!found) throw new Error('A case is missing');
    const { caseId } = found;
    const decisionId = randomUUID();
    const assign = () =>
      noteReconciliationCase(test.db, { caseId, caseNumber: 1, decisionId, assignee: 'ada', note: 'yours' }, cause);
    expect(await twice(test.db, assign)).toMatchObject({ assignee: 'ada', state: 'OPEN' });
    await expect(resolve(caseId, 'dismissed', 9)).rejects.toMatchObject({ code: 'case_changed' });
    expect(await twice(test.db, () => resolve(caseId, 'dismissed'))).toMatchObject({ resolution: 'dismissed' });
    await expect(assign()).rejects.toMatchObject({ code: 'case_not_open' });
    await expect(resolve(randomUUID(), 'dismissed')).rejects.toMatchObject({ code: 'reconciliation_case_not_found' });
    const history = await reconciliationCaseHistory(test.db, caseId);
    expect(history.map(({ type }) => type.split('.').at(-1))).toEqual(['opened', 'assigned', 'resolved']);
  });

  it('adopts what a payout really cost, as a cost of ours', async () => {
    const { caseId, intentId } = await only('amount_differs');
    const decided = { kind: 'adopt', caseId, decisionId: randomUUID(), reason: 'their price list', ...cause } as const;
    const adopt = (caseNumber: number) => activities().adoptProviderTruth({ ...decided, caseNumber });
    await expect(adopt(1)).rejects.toMatchObject({ code: 'case_changed' });
    const costs = () => test.db('ledger_balances').where({ type: 'provider:costs' }).first('debits_posted');
    const before = (await costs())?.debits_posted ?? 0n;
    expect(await activities().reconciliationCaseAgrees({ caseId, requestId: 'test' })).toBe(false);
    await twice(test.db, () => adopt(2));
    expect(((await costs())?.debits_posted ?? 0n) - before).toBe(15n);
    expect(await activities().reconciliationCaseAgrees({ caseId, requestId: 'test' })).toBe(true);
    const intent = await test.db('settlement_intents').where({ id: intentId }).first('payout_fee_minor');
    expect(intent).toEqual({ payout_fee_minor: 40n });
    const done = await activities().decideReconciliationCase({ ...decided, caseNumber: 2 });
    expect(done).toMatchObject({ state: 'RESOLVED', resolution: 'adopted' });
    const doubled = { ...decided, caseId: (await only('listed_twice')).caseId, caseNumber: 1 };
    await expect(activities().adoptProviderTruth(doubled)).rejects.toMatchObject({ code: 'adoption_not_possible' });
  });

  it('books a loss, or holds a gain for its owner, when two people say so, and neither for the other', async () => {
    const lost = await only('listed_twice');
    const ask = (actor: string, subjectId: string, kind: 'accept_loss' | 'hold_gain') => {
      const subject = { subjectType: 'reconciliation_case', subjectId, caseNumber: 1, kind } as const;
      const asked = { decisionId: randomUUID(), ...subject, reason: 'looked into it' };
      return secondDecision(test.db, asked, { actor, requestId: 'test' });
    };
    await ask('user:one', lost.caseId, 'accept_loss');
    await expect(resolve(lost.caseId, 'loss_accepted')).rejects.toMatchObject({ code: 'second_person_missing' });
    await ask('user:two', lost.caseId, 'accept_loss');
    await expect(resolve(lost.caseId, 'gain_held')).rejects.toMatchObject({ code: 'reconciliation_no_gain' });
    await twice(test.db, () => resolve(lost.caseId, 'loss_accepted'));
    const losses = await test.db('ledger_balances').where({ type: 'platform:losses' }).first('debits_posted');
    expect(losses).toEqual({ debits_posted: 9_287n });
    const gain = await pay(await redeem());
    await reconcile([]);
    const missing = (await open('missing_there')).find(({ intentId }) => intentId === gain.intent?.intentId);
    await expect(resolve(missing?.caseId ?? '', 'loss_accepted')).rejects.toMatchObject({
      code: 'reconciliation_no_loss',
    });
    const gained = missing?.caseId ?? '';
    await ask('user:one', gained, 'hold_gain');
    await expect(resolve(gained, 'gain_held')).rejects.toMatchObject({ code: 'second_person_missing' });
    await ask('user:two', gained, 'hold_gain');
    expect(await twice(test.db, () => resolve(gained, 'gain_held'))).toMatchObject({ resolution: 'gain_held' });
    const held = await test.db('ledger_balances').where({ type: 'unclaimed' }).first('credits_posted');
    expect(held).toEqual({ credits_posted: 9_287n });
    expect((await checkLedger(test.db, 'giftcard')).filter(({ broken }) => broken > 0)).toEqual([]);
  });

  it('reads a hundred thousand lines of the real provider, a thousand at a time', async () => {
    const provider = await startPaymentsSimulator();
    try {
      const date = '2026-02-01';
      await provider.admin('POST', 'settlement-file/fill', { date, lines: 100_000 });
      const payments = provider.payments('handsel');
      const loaded = await activities((day) => payments.settlementFile(day)).loadSettlementFile({ date, ...cause });
      const reconciliationId = loaded?.reconciliationId ?? '';
      const { counts } = await activities().matchSettlementFile({ reconciliationId, final: true, ...cause });
      expect(counts).toMatchObject({ lines: 100_000, elsewhere: 100_000 });
    } finally {
      await provider.stop();
    }
  });
});
