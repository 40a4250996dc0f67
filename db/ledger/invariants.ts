import type { Database, Db } from '../connect.ts';

/**
 * A check says of everything that it looks at whether it is `ok`, `in_flight` (not yet so, and on its way), `late` (it
 * should be so by now) or `broken` (it cannot be so any more).
 */

/** One thing that is late or broken. */
export interface FoundRow {
  /** What it is about: mostly the id of a row. */
  readonly subject: string;
  /** `*`: of every currency of the database. */
  readonly currency: string;
  readonly verdict: 'late' | 'broken';
  /** Ids, states, and amounts as strings; the same while nothing changes. */
  readonly facts: Readonly<Record<string, unknown>>;
}

export interface CheckResult {
  /** Of the check: stable, for findings and metrics. */
  readonly name: string;
  readonly invariant: string;
  readonly book: string;
  readonly checked: number;
  readonly inFlight: number;
  readonly late: number;
  readonly broken: number;
  /** Whether it looked at everything: what it did not find any more is over. */
  readonly whole: boolean;
  /** The first of what is late or broken. */
  readonly rows: readonly FoundRow[];
}

/** SQL that is true of what a run looks at: everything, or what was touched since the last run. */
export interface Scope {
  readonly account: (column: string) => string;
  /** Whose accounts were touched: a host, a card. */
  readonly owner: (column: string) => string;
  /** The same, of a column that is text. */
  readonly ownerText: (column: string) => string;
  /** What transfers were booked for: a settlement, a withdrawal. */
  readonly reference: (column: string) => string;
  readonly event: (alias: string) => string;
}

export interface Check {
  readonly name: string;
  readonly invariant: string;
  /** `always`: it is cheap. `touched`: where something moved, and over everything once a day. `daily`: only then. */
  readonly pace: 'always' | 'touched' | 'daily';
  /** Rows (subject, currency, verdict, facts) of all that is looked at. `:budget` is how long anything may take. */
  readonly sql: (scope: Scope) => string;
}

/** What moved since an instant. */
export interface Touched {
  readonly accounts: readonly string[];
  readonly owners: readonly string[];
  readonly references: readonly string[];
  readonly sinceTransaction: string;
}

export interface CheckOptions {
  readonly book: string;
  readonly budgetMs: number;
  /** Absent: everything. */
  readonly touched?: Touched | undefined;
}

/** How long a process may go without its next step before somebody should look. */
export const AUDIT_BUDGET_MS = 15 * 60_000;

/** Of one check; what is beyond it is found when these are mended. */
const MAX_ROWS = 200;

const everything = (): string => 'true';
const WHOLE: Scope = {
  account: everything,
  owner: everything,
  ownerText: everything,
  reference: everything,
  event: everything,
};
const TOUCHED: Scope = {
  account: (column) => `${column} = any (:accounts::uuid[])`,
  owner: (column) => `${column} = any (:owners::uuid[])`,
  ownerText: (column) => `${column} = any (:owners::text[])`,
  reference: (column) => `${column} = any (:references::uuid[])`,
  event: (alias) => `${alias}.transaction_id >= :sinceTransaction::xid8`,
};

const COUNTED = (sql: string): string => `
  with found as materialized (${sql})
  select count(*)::int as checked, count(*) filter (where verdict = 'in_flight')::int as "inFlight",
    count(*) filter (where verdict = 'late')::int as late, count(*) filter (where verdict = 'broken')::int as broken,
    (select coalesce(jsonb_agg(to_jsonb(r)), '[]') from (
      select subject, currency, verdict, facts from found where verdict in ('late', 'broken') order by verdict, subject limit ${MAX_ROWS}) r) as rows
  from found`;

/** Several questions to one state of the database, however long they take; nothing waits for them. */
export const inSnapshot = <T>(db: Database, work: (snapshot: Db) => Promise<T>): Promise<T> =>
  db.transaction(
    async (trx) => {
      await trx.raw("set local statement_timeout = '5min'");
      await trx.raw("set local idle_in_transaction_session_timeout = '1min'");
      return work(trx);
    },
    { isolationLevel: 'repeatable read', readOnly: true },
  );

export async function runCheck(db: Db, check: Check, { book, budgetMs, touched }: CheckOptions): Promise<CheckResult> {
  const { name, invariant } = check;
  const partial = touched !== undefined && check.pace === 'touched';
  const bindings = { budget: `${budgetMs} milliseconds`, ...(partial ? touched : {}) };
  const result: unknown = await db.raw(COUNTED(check.sql(partial ? TOUCHED : WHOLE)), bindings);
  const [counts] = (result as { rows: [Omit<CheckResult, 'name' | 'invariant' | 'book' | 'whole'>] }).rows;
  return { name, invariant, book, whole: !partial, ...counts };
}

/** What `npm run audit` says of an invariant; what is late is broken to whoever reads only this. */
export interface InvariantCheck {
  readonly invariant: string;
  /** A database, or a database and a currency. */
  readonly book: string;
  readonly checked: number;
  readonly broken: number;
}

export const asLine = ({ invariant, book, checked, late, broken }: CheckResult): InvariantCheck => ({
  invariant,
  book,
  checked,
  broken: late + broken,
});

/** All of the checks over everything, in one snapshot. */
export const runChecks = (db: Database, book: string, checks: readonly Check[]): Promise<InvariantCheck[]> =>
  inSnapshot(db, async (snapshot) => {
    const lines: InvariantCheck[] = [];
    for (const check of checks)
      lines.push(asLine(await runCheck(snapshot, check, { book, budgetMs: AUDIT_BUDGET_MS })));
    return lines;
  });

/** The rows of a query of the audit. */
export async function auditRows<T>(
  db: Db,
  sql: string,
  bindings: Readonly<Record<string, unknown>> = {},
): Promise<T[]> {
  const result: unknown = await db.raw(sql, bindings as Record<string, string>);
  return (result as { rows: T[] }).rows;
}

/** A verdict of two kinds, in SQL. */
export const brokenIf = (condition: string): string => `case when ${condition} then 'broken' else 'ok' end as verdict`;
