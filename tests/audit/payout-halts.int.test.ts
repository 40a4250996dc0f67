import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { auditDatabase } from '../../db/audit-books.ts';
import type { Database, DatabaseName } from '../../db/connect.ts';
import { completeLeg, nextStep, type SettlementStep } from '../../db/giftcard/pay-settlement.ts';
import { redeemGiftCard } from '../../db/giftcard/redeem-gift-card.ts';
import type { FoundRow } from '../../db/ledger/invariants.ts';
import { listAuditFindings, recordAudit, type AuditFinding } from '../../db/platform/audit-books.ts';
import { liftPayoutHalt, listPayoutHalts, waiveFindings } from '../../db/platform/payout-halts.ts';
import { beginWithdrawal, nextWithdrawalStep } from '../../db/wallet/withdraw-wallet.ts';
import { twice } from '../commands/twice.ts';
import { firedOf } from '../support/breaks.ts';
import { cause, issueCard, openCardShop, payoutRules, redemptionOf, type CardShop } from '../support/cards.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { fundHost, walletOf } from '../support/wallets.ts';

const by = (actor: string) => ({ actor, requestId: 'test' });
const broken = (subject: string, currency = 'USD'): FoundRow => ({
  subject,
  currency,
  verdict: 'broken',
  facts: { off: '5' },
});

/** A run that finds this of one check. */
async function find(db: Database, book: DatabaseName, rows: readonly FoundRow[]): Promise<void> {
  const counts = { checked: 1, inFlight: 0, late: 0, broken: rows.length };
  const check = { name: 'test', invariant: 'test', book, whole: true, rows, ...counts };
  const run = {
    auditId: randomUUID(),
    scope: 'whole' as const,
    startedAt: new Date(),
    budgetMs: 1,
    sinceTransaction: '1',
  };
  await recordAudit(db, { ...run, since: new Date(0), checks: [check] }, cause);
}

const activeHalts = (db: Database) => listPayoutHalts(db, { active: true, limit: 10 });
async function haltOf(db: Database): Promise<string> {
  const [halt] = await activeHalts(db);
  if (!halt) throw new Error('Nothing is halted');
  return halt.haltId;
}

describe('a halt of payouts out of the giftcard book', () => {
  let test: TestDatabase;
  let shop: CardShop;

  beforeAll(async () => {
    test = await createTestDatabase('giftcard');
    shop = await openCardShop(test.db);
  });
  afterAll(() => test.drop());

  async function redeem(change: { currency?: string; shop?: CardShop } = {}): Promise<SettlementStep> {
    const at = change.shop ?? shop;
    const cardId = await issueCard(test.db, at, change.currency ? { currency: change.currency } : {});
    const { step } = await redeemGiftCard(test.db, redemptionOf(cardId, at), cause);
    if (!step) throw new Error('A settlement of its own is missing');
    return step;
  }
  const pay = ({ settlementId, intent }: SettlementStep) => {
    const done = { providerId: randomUUID(), payoutFeeMinor: 25n, ...payoutRules };
    return completeLeg(test.db, { settlementId, intentId: intent?.intentId ?? '', ...done }, cause);
  };
  const next = (settlementId: string) => nextStep(test.db, { settlementId, ...payoutRules }, cause);
  const lift = (haltId: string) => liftPayoutHalt(test.db, { haltId, reason: 'mended' }, by('user:one'));

  it('accepts a redemption and begins no payout of it, finishes what was begun, and leaves other currencies alone', async () => {
    const begun = await redeem();
    await find(test.db, 'giftcard', [broken('a')]);
    const haltId = await haltOf(test.db);
    const waits = await redeem();
    expect(waits).toMatchObject({ state: 'SETTLING', haltId, intent: null });
    expect(await next(waits.settlementId)).toMatchObject({ haltId, intent: null });
    expect(await pay(begun)).toMatchObject({ state: 'SETTLING', haltId, intent: null });
    const euros = await openCardShop(test.db, { currency: 'EUR' });
    expect(await redeem({ shop: euros, currency: 'EUR' })).toMatchObject({ haltId: null, intent: { leg: 'merchant' } });
    expect(firedOf((await auditDatabase(test.db, 'giftcard')).results)).toEqual([]);

    await expect(lift(haltId)).rejects.toMatchObject({ code: 'halt_still_broken', details: { broken: 1 } });
    await find(test.db, 'giftcard', []);
    expect(await twice(test.db, () => lift(haltId))).toMatchObject({
      liftedBy: 'user:one',
      liftReason: 'mended',
      broken: 0,
    });
    const merchant = await next(waits.settlementId);
    expect(merchant).toMatchObject({ haltId: null, intent: { leg: 'merchant' } });
    expect(await pay(await pay(merchant))).toMatchObject({ state: 'SETTLED' });
    expect(await next(begun.settlementId)).toMatchObject({ intent: { leg: 'platform' } });
    expect(firedOf((await auditDatabase(test.db, 'giftcard')).results)).toEqual([]);
  });

  it('is late for nobody while it lasts, nor at once when it ends', async () => {
    await find(test.db, 'giftcard', [broken('late')]);
    const { settlementId } = await redeem();
    await test
      .db('settlements')
      .where({ id: settlementId })
      .update({ updated_at: new Date(Date.now() - 3_600_000) });
    const deadlines = async () => {
      const only = new Set(['giftcard.deadlines']);
      return firedOf((await auditDatabase(test.db, 'giftcard', { only })).results).map(({ verdict }) => verdict);
    };
    expect(await deadlines()).toEqual([]);
    await find(test.db, 'giftcard', []);
    await lift(await haltOf(test.db));
    expect(await deadlines()).toEqual([]);
    await test.db('payout_halts').update({ lifted_at: new Date(Date.now() - 3_600_000) });
    expect(await deadlines()).toEqual(['late']);
    await pay(await pay(await next(settlementId)));
  });

  it('of no currency in particular halts all of them', async () => {
    await find(test.db, 'giftcard', [broken('chain', '*')]);
    expect(await redeem()).toMatchObject({ haltId: await haltOf(test.db), intent: null });
    await find(test.db, 'giftcard', []);
    await lift(await haltOf(test.db));
  });

  describe('whose findings may stay as they are', () => {
    const open = async (): Promise<AuditFinding[]> =>
      listAuditFindings(test.db, { check: 'test', state: 'OPEN', limit: 10 });
    const waive = (haltId: string, findingIds: readonly string[], actor: string) =>
      waiveFindings(test.db, { haltId, findingIds, reason: 'known, and harmless' }, by(actor));

    it('takes two people for each, and ends with the last', async () => {
      const rows = [broken('x'), broken('y')];
      await find(test.db, 'giftcard', rows);
      const haltId = await haltOf(test.db);
      const [x, y] = (await open()).map(({ findingId }) => findingId).toSorted();
      if (!x || !y) throw new Error('Two findings are missing');
      expect(await twice(test.db, () => waive(haltId, [x, y], 'user:one'))).toMatchObject({
        waived: [],
        waiting: [x, y],
      });
      expect(await waive(haltId, [x], 'user:two')).toMatchObject({ waived: [x], halt: { liftedAt: null, broken: 1 } });
      await expect(waive(haltId, [y, randomUUID()], 'user:two')).rejects.toMatchObject({ code: 'finding_not_found' });
      expect(await waive(haltId, [y], 'user:one')).toMatchObject({ waiting: [y], halt: { liftedAt: null } });
      const waived = await twice(test.db, () => waive(haltId, [y], 'user:two'));
      expect(waived).toMatchObject({ waived: [y], halt: { liftedBy: 'user:two', liftReason: 'known, and harmless' } });

      // The same again halts nothing; anything else about it does.
      await find(test.db, 'giftcard', rows);
      expect(await activeHalts(test.db)).toEqual([]);
      await find(test.db, 'giftcard', [broken('x'), { ...broken('y'), facts: { off: '6' } }]);
      expect(await activeHalts(test.db)).toMatchObject([{ currency: 'USD', broken: 1 }]);
      const halted = await haltOf(test.db);
      await find(test.db, 'giftcard', []);
      const [gone] = await listAuditFindings(test.db, { haltId: halted, limit: 1 });
      await expect(waive(halted, [gone?.findingId ?? ''], 'user:one')).rejects.toMatchObject({ code: 'case_not_open' });
      await lift(halted);
    });

    it('refuses what there is not', async () => {
      await expect(waive(randomUUID(), [randomUUID()], 'user:one')).rejects.toMatchObject({ code: 'halt_not_found' });
      await expect(lift(randomUUID())).rejects.toMatchObject({ code: 'halt_not_found' });
    });
  });
});

describe('a halt of payouts out of the giveaway book', () => {
  let test: TestDatabase;

  beforeAll(async () => {
    test = await createTestDatabase('giveaway');
  });
  afterAll(() => test.drop());

  it('sets the money of a withdrawal aside, and begins its payout later', async () => {
    const { hostId } = await fundHost(test.db);
    await find(test.db, 'giveaway', [broken('a')]);
    const haltId = await haltOf(test.db);
    const order = { withdrawalId: randomUUID(), hostId, currency: 'USD', amountMinor: 4_000n, payoutMinimumMinor: 0n };
    const step = await twice(test.db, () => beginWithdrawal(test.db, order, cause));
    expect(step).toMatchObject({ state: 'PAYING', haltId, intent: null });
    expect(await walletOf(test.db, hostId)).toEqual([10_000n, 6_000n, 300n]);
    const next = () => nextWithdrawalStep(test.db, order, cause);
    expect(await next()).toMatchObject({ haltId, intent: null });
    expect(firedOf((await auditDatabase(test.db, 'giveaway')).results)).toEqual([]);
    await find(test.db, 'giveaway', []);
    await liftPayoutHalt(test.db, { haltId, reason: 'mended' }, cause);
    expect(await twice(test.db, next)).toMatchObject({
      state: 'PAYING',
      haltId: null,
      intent: { amountMinor: '3880' },
    });
  });
});
