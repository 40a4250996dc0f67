import { heartbeat, log } from '@temporalio/activity';
import type { DatabaseName } from '../db/connect.ts';
import { AUDIT_BUDGET_MS } from '../db/ledger/invariants.ts';
import { readAuditCursor, recordAudit, standingSubjects, type AuditScope } from '../db/platform/audit-books.ts';
import { findPayoutHalt, liftPayoutHalt } from '../db/platform/payout-halts.ts';
import { DomainError } from '../domain/errors.ts';
import type { AuditActivities, AuditSummary } from '../workflows/audit/contract.ts';
import { auditBook, type AuditWorld } from './audit-book.ts';
import { PROVIDER_INTENTS } from './audit-provider.ts';

/** One query may take minutes; its heartbeat says that the worker still waits for it. */
const HEARTBEAT_MS = 5_000;

interface Run {
  readonly auditId: string;
  readonly scope: AuditScope;
  readonly actor: string;
  readonly requestId: string;
  /** Of a recheck: the names of the checks. */
  readonly only?: ReadonlySet<string>;
}

export const auditBooksActivities = (
  book: DatabaseName,
  world: AuditWorld,
): Omit<AuditActivities, 'deliverAlerts' | 'wakePayouts'> => ({
  auditBooks: (input) => audit(book, world, input),

  recheckHalt: async ({ haltId, auditId, actor, requestId }) => {
    const halt = await findPayoutHalt(world.books[book], haltId);
    if (!halt) throw new DomainError('halt_not_found', 'There is no such halt.', { haltId });
    return audit(book, world, { auditId, scope: 'recheck', actor, requestId, only: new Set(halt.checks) });
  },

  liftHalt: (input) => liftPayoutHalt(world.books[book], input, input),
});

/** Runs the checks and keeps what they found. A book that was never audited is looked at as a whole. */
async function audit(book: DatabaseName, world: AuditWorld, { only, ...run }: Run): Promise<AuditSummary> {
  const db = world.books[book];
  const startedAt = new Date();
  const alive = setInterval(() => heartbeat(), HEARTBEAT_MS);
  try {
    const after = run.scope === 'touched' ? await readAuditCursor(db) : undefined;
    const { results, cursor } = await auditBook(book, world, {
      after,
      only,
      standing: await standingSubjects(db, PROVIDER_INTENTS),
      onProviderTrouble: (error) => log.warn('the provider cannot be audited', { error }),
    });
    const scope = run.scope === 'touched' && !after ? 'whole' : run.scope;
    const { auditId, actor, requestId } = run;
    const found = { auditId, scope, startedAt, budgetMs: AUDIT_BUDGET_MS, checks: results, ...cursor };
    const { checked, inFlight, late, broken } = await recordAudit(db, found, { actor, requestId });
    return { auditId, scope, checked, inFlight, late, broken };
  } finally {
    clearInterval(alive);
  }
}
