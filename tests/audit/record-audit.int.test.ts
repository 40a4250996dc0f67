import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { auditDatabase } from '../../db/audit-books.ts';
import type { CheckResult, FoundRow } from '../../db/ledger/invariants.ts';
import {
  countOpenFindings,
  listAuditFindings,
  listAuditRuns,
  readAuditCursor,
  recordAudit,
  type AuditScope,
} from '../../db/platform/audit-books.ts';
import { twice } from '../commands/twice.ts';
import { firedOf } from '../support/breaks.ts';
import { cause, issueCard, openCardShop } from '../support/cards.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

const counts = (rows: readonly FoundRow[]) => ({
  checked: 10,
  inFlight: 0,
  late: rows.filter(({ verdict }) => verdict === 'late').length,
  broken: rows.filter(({ verdict }) => verdict === 'broken').length,
});
const checkOf = (name: string, rows: readonly FoundRow[], whole = true): CheckResult => ({
  name,
  invariant: name,
  book: 'giftcard',
  whole,
  rows,
  ...counts(rows),
});
const row = (subject: string, change: Partial<FoundRow> = {}): FoundRow => ({
  subject,
  currency: 'USD',
  verdict: 'broken',
  facts: { differenceMinor: '5' },
  ...change,
});

describe('what the audit keeps', () => {
  let test: TestDatabase;

  beforeAll(async () => {
    test = await createTestDatabase('giftcard');
  });
  afterAll(() => test.drop());

  const record = (checks: readonly CheckResult[], scope: AuditScope = 'whole', budgetMs = 900_000) => {
    const run = {
      auditId: randomUUID(),
      scope,
      startedAt: new Date(),
      since: new Date(0),
      sinceTransaction: '1',
      budgetMs,
      checks,
    };
    return twice(test.db, () => recordAudit(test.db, run, cause));
  };
  const findings = (check: string) => listAuditFindings(test.db, { check, limit: 10 });
  const alertsAbout = (text: string) => test.db('alerts').whereLike('summary', `%${text}%`).pluck<string[]>('summary');

  it('is a run with its counts, and one case for a thing however often it is seen', async () => {
    const run = await record([checkOf('one', [row('a', { verdict: 'late' })])]);
    expect(run).toMatchObject({ scope: 'whole', checked: 10, late: 1, broken: 0, requestedBy: 'system' });
    await record([checkOf('one', [row('a', { verdict: 'late' })])]);
    expect(await findings('one')).toMatchObject([
      { subject: 'a', state: 'OPEN', verdict: 'late', haltId: null, auditId: run.auditId },
    ]);
    expect(await alertsAbout('finds one')).toEqual(['The audit finds one late: a USD']);
    expect(await countOpenFindings(test.db)).toContainEqual({
      check: 'one',
      verdict: 'late',
      currency: 'USD',
      count: 1,
    });
    expect((await listAuditRuns(test.db, { limit: 1 }))[0]?.checks).toMatchObject([{ name: 'one', late: 1 }]);
  });

  it('is forgotten after a week, where a run over what moved found nothing', async () => {
    const [quiet, late, whole] = [
      await record([checkOf('zero', [])], 'touched'),
      await record([checkOf('zero', [row('z', { verdict: 'late' })])], 'touched'),
      await record([checkOf('zero', [])]),
    ];
    const ids = [quiet, late, whole].map(({ auditId }) => auditId);
    await test
      .db('audit_runs')
      .whereIn('id', ids)
      .update({ created_at: new Date(Date.now() - 8 * 24 * 3_600_000) });
    await record([checkOf('zero', [])]);
    const kept = await test.db('audit_runs').whereIn('id', ids).pluck<string[]>('id');
    expect(kept.toSorted()).toEqual(ids.slice(1).toSorted());
  });

  it('is over when a run over everything sees it no more, and a new case when it comes again', async () => {
    await record([checkOf('two', [row('a', { verdict: 'late' })])]);
    await record([checkOf('two', [], false)], 'touched');
    expect(await findings('two')).toMatchObject([{ state: 'OPEN' }]);
    await record([checkOf('two', [])]);
    expect(await findings('two')).toMatchObject([{ state: 'CLEARED', endedAt: expect.any(String) }]);
    await record([checkOf('two', [row('a', { verdict: 'late' })])]);
    expect((await findings('two')).map(({ state }) => state)).toEqual(['OPEN', 'CLEARED']);
    expect(await alertsAbout('finds two')).toHaveLength(2);
  });

  it('halts the currency of what is broken and no other, once; what is late halts nothing', async () => {
    const rows = [
      row('a', { currency: 'EUR' }),
      row('b', { currency: 'EUR' }),
      row('c', { currency: 'GBP', verdict: 'late' }),
    ];
    await record([checkOf('three', rows)]);
    await record([checkOf('three', rows)]);
    const halts = await test.db('payout_halts').whereIn('currency', ['EUR', 'GBP']);
    expect(halts).toMatchObject([{ currency: 'EUR', lifted_at: null }]);
    const halted = (await findings('three')).filter(({ haltId }) => haltId === halts[0].id);
    expect(halted.map(({ subject }) => subject).toSorted()).toEqual(['a', 'b']);
    expect(await alertsAbout('New payouts in EUR')).toEqual(['New payouts in EUR are halted: three']);
  });

  it('makes a break of a difference with the provider only when it does not go away within the budget', async () => {
    const difference = [checkOf('provider.balance', [row('CHF', { currency: 'CHF', verdict: 'late' })])];
    await record(difference);
    await record(difference);
    expect(await findings('provider.balance')).toMatchObject([{ verdict: 'late', haltId: null }]);
    await record(difference, 'touched', 0);
    expect(await findings('provider.balance')).toMatchObject([{ verdict: 'broken', haltId: expect.any(String) }]);
    expect(await alertsAbout('provider.balance')).toHaveLength(3);
  });

  it('says where the next run begins: it looks only at what moved since, and finds a break there', async () => {
    const { cursor, results } = await auditDatabase(test.db, 'giftcard');
    const run = { auditId: randomUUID(), scope: 'whole' as const, startedAt: new Date(), budgetMs: 1, checks: results };
    await recordAudit(test.db, { ...run, ...cursor }, cause);
    const after = await readAuditCursor(test.db);
    expect(after?.since.getTime()).toBe(cursor.since.getTime());
    const shop = await openCardShop(test.db);
    const cards = [await issueCard(test.db, shop), await issueCard(test.db, shop)];
    // As if the first card had moved long before.
    await test.db.transaction(async (trx) => {
      await trx.raw('set local session_replication_role = replica');
      const old = `created_at = now() - interval '1 day'`;
      await trx.raw(
        `update ledger_transfers set ${old} where reference_id = ? or reference_id = (select reservation_id::text from gift_cards where id = ?)`,
        [cards[0] ?? '', cards[0] ?? ''],
      );
      await trx.raw('alter table gift_cards drop constraint gift_cards_face');
      await trx.raw('update gift_cards set face_minor = face_minor + 1');
    });
    const touched = await auditDatabase(test.db, 'giftcard', { after });
    expect(firedOf(touched.results).map(({ name }) => name)).toContain('cards.face');
    const faces = touched.results.find(({ name }) => name === 'cards.face');
    expect(faces).toMatchObject({ checked: 1, broken: 1, whole: false, rows: [{ subject: cards[1] }] });
    expect(touched.results.map(({ name }) => name)).not.toContain('ledger.sums-to-zero');
    const whole = await auditDatabase(test.db, 'giftcard', { only: new Set(['cards.face']) });
    expect(whole.results).toMatchObject([{ name: 'cards.face', checked: 2, broken: 2, whole: true }]);
  });
});
