import type { Database, DatabaseName, Db } from './connect.ts';
import { GIFTCARD_CHECKS } from './giftcard/audit.ts';
import { GIFTCARD_INTENTS } from './giftcard/audit-intents.ts';
import { checkProofs, GIVEAWAY_CHECKS } from './giveaway/audit.ts';
import { LEDGER_CHECKS } from './ledger/audit.ts';
import {
  AUDIT_BUDGET_MS,
  auditRows,
  inSnapshot,
  runCheck,
  type Check,
  type CheckResult,
  type Touched,
} from './ledger/invariants.ts';
import { WALLET_CHECKS } from './wallet/audit.ts';
import { WALLET_INTENTS } from './wallet/audit-intents.ts';

/** What one database is asked in one snapshot. */
const CHECKS: Readonly<Record<DatabaseName, readonly Check[]>> = {
  giveaway: [...LEDGER_CHECKS, ...WALLET_CHECKS, ...GIVEAWAY_CHECKS],
  giftcard: [...LEDGER_CHECKS, ...GIFTCARD_CHECKS],
};

const INTENTS: Readonly<Record<DatabaseName, string>> = { giveaway: WALLET_INTENTS, giftcard: GIFTCARD_INTENTS };

/** Where a run that looks only at what moved begins. */
export interface AuditCursor {
  readonly since: Date;
  readonly sinceTransaction: string;
}

export interface AuditOptions {
  /** Absent: everything is looked at. */
  readonly after?: AuditCursor | undefined;
  /** Names of checks; absent: all. */
  readonly only?: ReadonlySet<string> | undefined;
  readonly budgetMs?: number;
  /** Called after each check. */
  readonly onStep?: () => void;
}

/**
 * Accounts with less traffic than those that many share, whose owners and purposes a movement names. Shared accounts
 * have too long a history to be added up every minute: they wait for the run over everything.
 */
const MOVED = `
  with moved as (
    select debit_account_id, credit_account_id, reference_id from ledger_transfers where created_at >= :since and kind <> 'tombstone'
  ), accounts as (
    select a.id, a.owner_id from ledger_accounts a
    where a.hotness < 3 and a.id in (select debit_account_id from moved union select credit_account_id from moved)
  )
  select array(select id::text from accounts) as accounts,
    array(select distinct owner_id from accounts where owner_id ~ '^[0-9a-f-]{36}$') as owners,
    array(select distinct reference_id from moved where reference_id ~ '^[0-9a-f-]{36}$') as "references"`;

async function readTouched(snapshot: Db, { since, sinceTransaction }: AuditCursor): Promise<Touched> {
  const [moved] = await auditRows<Omit<Touched, 'sinceTransaction'>>(snapshot, MOVED, { since });
  if (!moved) throw new Error('A query without a row');
  return { ...moved, sinceTransaction };
}

export interface BookAudit {
  readonly results: readonly CheckResult[];
  /** For the next run that looks only at what moved. */
  readonly cursor: AuditCursor;
}

/** Transactions of ours end within 30 s: what a snapshot did not see yet has begun since then. */
const CURSOR = `
  select now() - interval '1 minute' as since, pg_snapshot_xmin(pg_current_snapshot())::text as "sinceTransaction"`;

/** Asks one database everything, or what concerns what moved, in one snapshot. */
export async function auditDatabase(
  db: Database,
  name: DatabaseName,
  { after, only, budgetMs = AUDIT_BUDGET_MS, onStep = () => {} }: AuditOptions = {},
): Promise<BookAudit> {
  const wanted = (check: { readonly name: string; readonly pace: Check['pace'] }): boolean =>
    (only?.has(check.name) ?? true) && (after === undefined || check.pace !== 'daily');
  const audit = await inSnapshot(db, async (snapshot) => {
    const [cursor] = await auditRows<AuditCursor>(snapshot, CURSOR);
    if (!cursor) throw new Error('A query without a row');
    const touched = after && (await readTouched(snapshot, after));
    const results: CheckResult[] = [];
    for (const check of CHECKS[name].filter(wanted)) {
      results.push(await runCheck(snapshot, check, { book: name, budgetMs, touched }));
      onStep();
    }
    return { results, cursor };
  });
  if (name !== 'giveaway' || !wanted({ name: 'draws.proof', pace: 'daily' })) return audit;
  return { ...audit, results: [...audit.results, await checkProofs(db, onStep)] };
}

export interface EndedIntent {
  readonly id: string;
  readonly kind: 'charge' | 'transfer' | 'pull_back';
  readonly currency: string;
  readonly state: 'SUCCEEDED' | 'REVERSED' | 'FAILED_DEFINITE';
}

/** The latest intents that have ended since an instant, or of these those with the given ids. */
export const readEndedIntents = (
  db: Db,
  name: DatabaseName,
  { since, limit, ids = null }: { since: Date; limit: number; ids?: readonly string[] | null },
): Promise<EndedIntent[]> => auditRows<EndedIntent>(db, INTENTS[name], { since, limit, ids });
