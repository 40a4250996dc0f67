import type { Cause } from '../../domain/cause.ts';
import { callCommand } from '../call-command.ts';
import type { Database, Db } from '../connect.ts';
import { newestFirst, type Page } from '../page.ts';
import { untouchedRows, type UntouchedRow } from '../untouched-rows.ts';

export type LineKind = 'charge' | 'transfer' | 'reversal' | 'fee';

export interface Reconciliation {
  readonly reconciliationId: string;
  readonly provider: string;
  readonly date: string;
  readonly state: 'READING' | 'DONE';
  /** Whether the provider's day was over when it was read; null before. */
  readonly final: boolean | null;
  readonly counts: Readonly<
    Record<
      | 'lines'
      | 'matched'
      | 'inFlight'
      | 'elsewhere'
      | 'missingHere'
      | 'missingThere'
      | 'amountDiffers'
      | 'stateDiffers'
      | 'listedTwice',
      number
    >
  >;
  readonly requestedBy: string;
  readonly createdAt: string;
  readonly updatedAt: string;
}

export interface BegunReconciliation extends Reconciliation {
  readonly run: number;
  /** Read already by an earlier attempt of this run. */
  readonly lines: number;
}

export interface StagedLine {
  /** From 1. */
  readonly n: number;
  readonly reference: string | null;
  readonly kind: LineKind;
  readonly state: string;
  readonly amountMinor: bigint;
  readonly feeMinor: bigint;
  readonly currency: string;
  readonly at: string;
}

/** The one of this provider and day; one that is done is begun anew. */
export const beginReconciliation = (
  db: Db,
  input: { provider: string; date: string },
  cause: Cause,
): Promise<BegunReconciliation> => callCommand<BegunReconciliation>(db, 'begin_reconciliation', { ...input, ...cause });

export const addReconciliationLines = (
  db: Db,
  input: { reconciliationId: string; run: number; lines: readonly StagedLine[] },
): Promise<void> => callCommand(db, 'add_reconciliation_lines', { ...input });

const DROPPED_AT_ONCE = 5_000;

/** Lines of earlier runs, and of days long past. @param onPiece called after each. */
export async function dropReconciliationLines(db: Db, date: string, onPiece: () => void): Promise<void> {
  for (let dropped = DROPPED_AT_ONCE; dropped === DROPPED_AT_ONCE;) {
    const input = { date, limit: DROPPED_AT_ONCE };
    ({ dropped } = await callCommand<{ dropped: number }>(db, 'drop_reconciliation_lines', input));
    onPiece();
  }
}

/** References that this book does not know, from a line on; `next` is null when there are no more. */
export const unknownReferences = (
  db: Db,
  input: { reconciliationId: string; after: number; limit: number; kinds: readonly LineKind[] },
): Promise<{ references: string[]; next: number | null }> => callCommand(db, 'unknown_references', { ...input });

export const markElsewhere = (
  db: Db,
  input: { reconciliationId: string; references: readonly string[] },
): Promise<void> => callCommand(db, 'mark_elsewhere', { ...input });

export const knownReferences = (db: Db, references: readonly string[]): Promise<{ known: string[] }> =>
  callCommand(db, 'known_references', { references });

/** A hundred thousand lines take seconds; nobody waits for it. */
const MATCH_TIMEOUT = '30s';

/** Holds the file against our intents; each difference is a case. Repeated it returns the first report. */
export const matchReconciliation = (
  db: Database,
  input: { reconciliationId: string; final: boolean; kinds: readonly LineKind[] },
  cause: Cause,
): Promise<Reconciliation> =>
  db.transaction(async (trx) => {
    await trx.raw(`set local statement_timeout = '${MATCH_TIMEOUT}'`);
    return callCommand<Reconciliation>(trx, 'match_reconciliation', { ...input, ...cause });
  });

const ANSWER = 'reconciliation_answer(reconciliations) as answer';

export async function findReconciliation(db: Db, id: string): Promise<Reconciliation | undefined> {
  const row = await db('reconciliations').where({ id }).first<{ answer: Reconciliation } | undefined>(db.raw(ANSWER));
  return row?.answer;
}

/** Newest first. */
export async function listReconciliations(db: Db, page: Page): Promise<Reconciliation[]> {
  const query = db('reconciliations').select<{ answer: Reconciliation }[]>(db.raw(ANSWER));
  newestFirst(query, 'reconciliations', page);
  return (await query).map(({ answer }) => answer);
}

export const untouchedReconciliations = untouchedRows<
  UntouchedRow & { readonly provider: string; readonly date: string; readonly requestedBy: string }
>({
  from: 'reconciliations t',
  aggregate: 'reconciliation',
  columns: 't.provider, t.business_date::text as date, t.requested_by as "requestedBy"',
  open: "t.state = 'READING'",
});
