import type { Cause } from '../../domain/cause.ts';
import { callCommand } from '../call-command.ts';
import type { Db } from '../connect.ts';
import { newestFirst, type Page } from '../page.ts';
import { untouchedRows, type UntouchedRow } from '../untouched-rows.ts';

export interface ReconciliationCase {
  readonly caseId: string;
  readonly reconciliationId: string;
  readonly provider: string;
  readonly date: string;
  readonly kind: 'missing_here' | 'missing_there' | 'amount_differs' | 'state_differs' | 'listed_twice';
  readonly reference: string | null;
  readonly intentId: string | null;
  readonly subjectType: 'funding' | 'withdrawal' | 'settlement' | 'refund' | null;
  readonly subjectId: string | null;
  readonly currency: string;
  readonly ours: Readonly<Record<string, string>> | null;
  readonly theirs: Readonly<Record<string, string>> | null;
  /** What the provider's account has more than our book says because of it; negative: it lacks money. */
  readonly differenceMinor: string;
  readonly state: 'OPEN' | 'RESOLVED';
  readonly caseNumber: number;
  readonly assignee: string | null;
  readonly resolution: 'adopted' | 'loss_accepted' | 'gain_held' | 'dismissed' | 'matched_later' | null;
  readonly reason: string | null;
  readonly resolvedBy: string | null;
  readonly createdAt: string;
}

interface CaseRef {
  readonly caseId: string;
  /** The case that it was decided on. */
  readonly caseNumber: number;
}

/** Whose it is from now on, or a remark. @throws DomainError reconciliation_case_not_found, case_changed, case_not_open. */
export const noteReconciliationCase = (
  db: Db,
  input: CaseRef & { decisionId: string; assignee?: string | undefined; note?: string | undefined },
  cause: Cause,
): Promise<ReconciliationCase> =>
  callCommand<ReconciliationCase>(db, 'note_reconciliation_case', { ...input, ...cause });

/**
 * Ends a case; an accepted loss, and a gain that is held for its owner, are booked, as two people have decided.
 * @throws DomainError reconciliation_case_not_found, case_changed, case_not_open, second_person_missing,
 *   reconciliation_no_loss, reconciliation_no_gain.
 */
export const resolveReconciliationCase = (
  db: Db,
  input: CaseRef & { resolution: 'adopted' | 'loss_accepted' | 'gain_held' | 'dismissed'; reason: string },
  cause: Cause,
): Promise<ReconciliationCase> =>
  callCommand<ReconciliationCase>(db, 'resolve_reconciliation_case', { ...input, ...cause });

/**
 * The provider has kept another fee for a transfer than it had said: booked as a cost, and said by the intent. Repeated it
 * changes nothing.
 * @throws DomainError adoption_not_possible where more than that differs, or it is a charge; case_changed, case_not_open.
 */
export const adoptProviderFee = (db: Db, input: CaseRef, cause: Cause): Promise<void> =>
  callCommand(db, 'adopt_provider_fee', { ...input, ...cause });

/** Whether our intent says by now what the provider says. */
export const reconciliationCaseAgrees = (
  db: Db,
  caseId: string,
): Promise<{ agrees: boolean | null; intentState: string | null }> =>
  callCommand(db, 'reconciliation_case_agrees', { caseId });

const ANSWER = 'reconciliation_case_answer(reconciliation_cases) as answer';

export async function findReconciliationCase(db: Db, id: string): Promise<ReconciliationCase | undefined> {
  const query = db('reconciliation_cases').where({ id });
  const row = await query.first<{ answer: ReconciliationCase } | undefined>(db.raw(ANSWER));
  return row?.answer;
}

export interface CaseListFilter extends Page {
  readonly state?: string | undefined;
  readonly kind?: string | undefined;
  readonly currency?: string | undefined;
  readonly assignee?: string | undefined;
  readonly reconciliationId?: string | undefined;
}

/** Newest first. */
export async function listReconciliationCases(
  db: Db,
  { state, kind, currency, assignee, reconciliationId, ...page }: CaseListFilter,
): Promise<ReconciliationCase[]> {
  const query = db('reconciliation_cases').select<{ answer: ReconciliationCase }[]>(db.raw(ANSWER));
  const wanted = { state, kind, currency, assignee, reconciliation_id: reconciliationId };
  void query.where(Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== undefined)));
  newestFirst(query, 'reconciliation_cases', page);
  return (await query).map(({ answer }) => answer);
}

export interface CaseHistoryEntry {
  readonly type: string;
  readonly at: Date;
  readonly actor: string;
  readonly facts: Readonly<Record<string, unknown>>;
}

export const reconciliationCaseHistory = (db: Db, caseId: string): Promise<CaseHistoryEntry[]> =>
  db('domain_events')
    .where({ aggregate_type: 'reconciliation_case', aggregate_id: caseId })
    .orderBy('version')
    .select<CaseHistoryEntry[]>({ type: 'type', at: 'occurred_at', actor: 'actor', facts: 'payload' });

/** The workflow that adopting the provider's word of a settlement is up to. */
export const untouchedReconciliationCases = untouchedRows<UntouchedRow>({
  from: 'reconciliation_cases t',
  aggregate: 'reconciliation_case',
  columns: 't.kind',
  open: "t.state = 'OPEN'",
});

/** Ids of a reconciliation's cases that are open, or that its last reading has found settled; in order. */
export function listTouchedCases(
  db: Db,
  { reconciliationId, after, limit }: Page & { reconciliationId: string },
): Promise<{ id: string; isOpen: boolean }[]> {
  const query = db('reconciliation_cases as c').where({ reconciliation_id: reconciliationId });
  void query.whereRaw(`(state = 'OPEN' or resolution = 'matched_later'
    and updated_at = (select r.updated_at from reconciliations r where r.id = c.reconciliation_id))`);
  if (after !== undefined) void query.where('id', '>', after);
  return query
    .orderBy('id')
    .limit(limit)
    .select<{ id: string; isOpen: boolean }[]>('id', db.raw(`state = 'OPEN' as "isOpen"`));
}
