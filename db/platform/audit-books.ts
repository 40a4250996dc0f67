import type { Cause } from '../../domain/cause.ts';
import { callCommand } from '../call-command.ts';
import type { Db } from '../connect.ts';
import type { CheckResult } from '../ledger/invariants.ts';
import { newestFirst, type Page } from '../page.ts';

export type AuditScope = 'touched' | 'whole' | 'recheck';

export interface RecordAudit {
  readonly auditId: string;
  readonly scope: AuditScope;
  readonly startedAt: Date;
  readonly since: Date;
  readonly sinceTransaction: string;
  readonly budgetMs: number;
  readonly checks: readonly CheckResult[];
}

export interface AuditRun {
  readonly auditId: string;
  readonly scope: AuditScope;
  readonly requestedBy: string;
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly checked: number;
  readonly inFlight: number;
  readonly late: number;
  readonly broken: number;
  readonly checks: readonly Omit<CheckResult, 'rows'>[];
}

export interface AuditFinding {
  readonly findingId: string;
  readonly check: string;
  readonly subject: string;
  readonly currency: string;
  readonly verdict: 'late' | 'broken';
  readonly facts: Readonly<Record<string, unknown>>;
  readonly state: 'OPEN' | 'WAIVED' | 'CLEARED';
  readonly haltId: string | null;
  readonly auditId: string;
  readonly firstSeenAt: string;
  readonly lastSeenAt: string;
  readonly endedAt: string | null;
}

/** Keeps a run and its findings, and halts new payouts where something is broken; once for an id. */
export const recordAudit = (db: Db, input: RecordAudit, cause: Cause): Promise<AuditRun> =>
  callCommand<AuditRun>(db, 'record_audit', { ...input, ...cause });

export async function findAuditRun(db: Db, auditId: string): Promise<AuditRun | undefined> {
  return (await db('audit_runs').where({ id: auditId }).select<{ answer: AuditRun }[]>(runAnswer(db)))[0]?.answer;
}

const runAnswer = (db: Db) => db.raw('audit_run_answer(audit_runs) as answer');

/** Newest first. */
export async function listAuditRuns(
  db: Db,
  { scope, ...page }: Page & { scope?: string | undefined },
): Promise<AuditRun[]> {
  const query = db('audit_runs').select<{ answer: AuditRun }[]>(runAnswer(db));
  if (scope !== undefined) void query.where({ scope });
  newestFirst(query, 'audit_runs', page);
  return (await query).map(({ answer }) => answer);
}

export interface FindingFilter extends Page {
  readonly state?: string | undefined;
  readonly verdict?: string | undefined;
  readonly check?: string | undefined;
  readonly haltId?: string | undefined;
}

/** Newest first. */
export async function listAuditFindings(
  db: Db,
  { state, verdict, check, haltId, ...page }: FindingFilter,
): Promise<AuditFinding[]> {
  const query = db('audit_findings').select<{ answer: AuditFinding }[]>(
    db.raw('audit_finding_answer(audit_findings) as answer'),
  );
  const wanted = Object.entries({ state, verdict, check_name: check, halt_id: haltId }).filter(
    ([, value]) => value !== undefined,
  );
  void query.where(Object.fromEntries(wanted));
  newestFirst(query, 'audit_findings', page);
  return (await query).map(({ answer }) => answer);
}

/** Where the next run over what moved begins; undefined before the first run. */
export const readAuditCursor = (db: Db): Promise<{ since: Date; sinceTransaction: string } | undefined> =>
  db('audit_runs')
    .whereNot({ scope: 'recheck' })
    .orderBy('since', 'desc')
    .first<{ since: Date; sinceTransaction: string } | undefined>(
      'since',
      db.raw('since_transaction::text as "sinceTransaction"'),
    );

/** What a check has found and what still stands. */
export const standingSubjects = (db: Db, check: string): Promise<string[]> =>
  db('audit_findings')
    .where({ check_name: check })
    .whereNot({ state: 'CLEARED' })
    .limit(1_000)
    .pluck<string[]>('subject');

export interface OpenFindings {
  readonly check: string;
  readonly verdict: 'late' | 'broken';
  readonly currency: string;
  readonly count: number;
}

export const countOpenFindings = (db: Db): Promise<OpenFindings[]> =>
  db('audit_findings')
    .where({ state: 'OPEN' })
    .groupBy('check_name', 'verdict', 'currency')
    .select<OpenFindings[]>({ check: 'check_name' }, 'verdict', 'currency', db.raw('count(*)::int as count'));

/** When each scope was last done. */
export const lastRuns = (db: Db): Promise<{ scope: AuditScope; at: Date }[]> =>
  db('audit_runs').groupBy('scope').select<{ scope: AuditScope; at: Date }[]>('scope', db.raw('max(created_at) as at'));
