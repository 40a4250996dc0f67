import type { Database } from '../db/connect.ts';
import {
  addReconciliationLines,
  beginReconciliation,
  dropReconciliationLines,
  knownReferences,
  markElsewhere,
  matchReconciliation,
  unknownReferences,
  untouchedReconciliations,
  type LineKind,
  type StagedLine,
} from '../db/platform/reconcile-provider.ts';
import {
  adoptProviderFee,
  findReconciliationCase,
  listTouchedCases,
  noteReconciliationCase,
  reconciliationCaseAgrees,
  resolveReconciliationCase,
  untouchedReconciliationCases,
  type ReconciliationCase,
} from '../db/platform/reconciliation-case.ts';
import { DomainError } from '../domain/errors.ts';
import { nameUuid } from '../domain/ids.ts';
import type { AlertsPort } from '../providers/alerts/port.ts';
import type { PaymentsPort } from '../providers/payments/port.ts';
import { sha1 } from '../runtime/crypto.ts';
import type { TaskQueue } from '../temporal-config/task-queues.ts';
import {
  CASE_READ_ANEW,
  RECONCILE_PROVIDER,
  reconcileProviderId,
  RECONCILIATION_CASE,
  reconciliationCaseId,
  type ReconcileInput,
  type ReconciliationActivities,
  type ReconciliationDecision,
} from '../workflows/platform/reconciliation.contract.ts';
import { ownerSource, type OwnerSource } from './owner-sweep.ts';
import type { Owner, WorkflowOwners } from './workflow-owners.ts';

/** The provider's files, and what it is called there. */
export interface ProviderFiles {
  readonly provider: string;
  readonly payments: Pick<PaymentsPort, 'settlementFile'>;
}

export interface ReconciliationDependencies {
  readonly db: Database;
  readonly files: ProviderFiles;
  readonly owners: WorkflowOwners;
  readonly alerts: AlertsPort;
  readonly taskQueue: TaskQueue;
  /** Says that a long step is still going on. */
  readonly heartbeat: () => void;
  /** What this book misses where it does not know it; other lines are the other book's to miss. */
  readonly kinds: readonly LineKind[];
  /**
   * Has whoever owns the intent of a case ask the provider.
   * @returns false where nobody can: the provider's word would be another booking than the one that stands.
   */
  readonly adopt: (found: ReconciliationCase, decision: ReconciliationDecision) => Promise<boolean>;
}

/** Lines in one statement: memory stays flat, whatever the file's size. */
const LINES_AT_ONCE = 1_000;
const REFERENCES_AT_ONCE = 500;
const CASES_AT_ONCE = 100;

export const reconciliationActivities = (deps: ReconciliationDependencies) =>
  ({
    loadSettlementFile: (input) => loadSettlementFile(deps, input),

    unknownTransfers: async ({ reconciliationId, after }) => {
      const kinds: LineKind[] = ['transfer', 'reversal'];
      const page = await unknownReferences(deps.db, { reconciliationId, after, limit: REFERENCES_AT_ONCE, kinds });
      return { ...page, pageId: nameUuid(sha1, 'unknown-transfers', reconciliationId, String(after)) };
    },

    markElsewhere: (input) => markElsewhere(deps.db, input),

    matchSettlementFile: (input) => matchReconciliation(deps.db, { ...input, kinds: deps.kinds }, input),

    openReconciliationCases: async ({ reconciliationId, requestId }) => {
      let opened = 0;
      for (let after: string | undefined; ;) {
        const page = await listTouchedCases(deps.db, { reconciliationId, after, limit: CASES_AT_ONCE });
        for (const { id, isOpen } of page) {
          const isNew = isOpen && (await deps.owners.start(caseOwner(deps.taskQueue, id, requestId)));
          // Of one that waits already: what it says may have changed, or it may have come to its end.
          if (!isNew) await deps.owners.signal(reconciliationCaseId(id), CASE_READ_ANEW);
          opened += isOpen ? 1 : 0;
        }
        deps.heartbeat();
        after = page.at(-1)?.id;
        if (page.length < CASES_AT_ONCE) return opened;
      }
    },

    readReconciliationCase: ({ caseId }) => requireCase(deps.db, caseId),

    alertReconciliationCase: ({ caseId, caseNumber, kind, differenceMinor, currency, requestId }) =>
      deps.alerts.raise({
        key: `reconciliation:${caseId}:${caseNumber}`,
        summary: `The provider’s file differs: ${kind}, ${differenceMinor} ${currency}, case ${caseId}`,
        correlationId: requestId,
      }),

    decideReconciliationCase: (input) => decide(deps.db, input),

    adoptProviderTruth: async (input) => {
      const found = await requireCase(deps.db, input.caseId);
      if (found.state !== 'OPEN') throw new DomainError('case_not_open', 'The case is resolved.');
      if (found.caseNumber !== input.caseNumber)
        throw new DomainError('case_changed', 'The case has changed since you looked.', {
          caseNumber: found.caseNumber,
        });
      if (found.kind === 'amount_differs') return adoptProviderFee(deps.db, input, input);
      const { agrees } = await reconciliationCaseAgrees(deps.db, found.caseId);
      if (found.kind === 'state_differs' && (agrees || (await deps.adopt(found, input)))) return undefined;
      throw new DomainError('adoption_not_possible', 'No process of ours can adopt what the provider says here.');
    },

    reconciliationCaseAgrees: async ({ caseId }) => (await reconciliationCaseAgrees(deps.db, caseId)).agrees ?? false,

    /** Which of these are intents of this book. */
    findPayouts: ({ references }: { readonly references: readonly string[] }) => knownReferences(deps.db, references),
  }) satisfies ReconciliationActivities & Record<string, unknown>;

/** Reads the file as it comes; an attempt goes on after the lines that an earlier one has brought in. */
async function loadSettlementFile({ db, files, heartbeat }: ReconciliationDependencies, input: ReconcileInput) {
  const begun = await beginReconciliation(db, { provider: files.provider, date: input.date }, input);
  const { reconciliationId, run } = begun;
  const file = await files.payments.settlementFile(input.date);
  if (!file) return null;
  await dropReconciliationLines(db, input.date, heartbeat);
  let lines: StagedLine[] = [];
  const flush = async (): Promise<void> => {
    if (lines.length > 0) await addReconciliationLines(db, { reconciliationId, run, lines });
    lines = [];
    heartbeat();
  };
  let n = 0;
  for await (const { reference, kind, state, amountMinor, feeMinor, currency, at } of file.lines) {
    n += 1;
    if (n <= begun.lines) continue;
    lines.push({ n, reference, kind, state, amountMinor, feeMinor, currency, at });
    if (lines.length === LINES_AT_ONCE) await flush();
  }
  await flush();
  return { reconciliationId, final: file.final };
}

async function requireCase(db: Database, caseId: string): Promise<ReconciliationCase> {
  const found = await findReconciliationCase(db, caseId);
  if (!found) throw new DomainError('reconciliation_case_not_found', 'There is no such case.', { caseId });
  return found;
}

const RESOLUTIONS = {
  adopt: 'adopted',
  accept_loss: 'loss_accepted',
  hold_gain: 'gain_held',
  dismiss: 'dismissed',
} as const;

function decide(
  db: Database,
  { kind, assignee, reason, ...decision }: ReconciliationDecision & { readonly caseId: string },
): Promise<ReconciliationCase> {
  switch (kind) {
    case 'assign':
      return noteReconciliationCase(db, { ...decision, assignee, note: reason }, decision);
    case 'note':
      return noteReconciliationCase(db, { ...decision, note: reason }, decision);
    case 'adopt':
    case 'accept_loss':
    case 'hold_gain':
    case 'dismiss':
      return resolveReconciliationCase(db, { ...decision, resolution: RESOLUTIONS[kind], reason }, decision);
  }
}

const caseOwner = (taskQueue: TaskQueue, caseId: string, requestId: string): Owner => ({
  workflowType: RECONCILIATION_CASE,
  workflowId: reconciliationCaseId(caseId),
  taskQueue,
  input: { caseId, requestId } as { readonly requestId: string },
  summary: `Case ${caseId} of a reconciliation`,
});

/** What the owner sweep starts again. */
export const reconciliationOwnerSources = (db: Database, taskQueue: TaskQueue): OwnerSource[] => [
  ownerSource(
    (page) => untouchedReconciliations(db, page),
    ({ date, requestedBy, requestId }) => ({
      workflowType: RECONCILE_PROVIDER,
      workflowId: reconcileProviderId(date),
      taskQueue,
      input: { date, actor: requestedBy, requestId } satisfies ReconcileInput,
      summary: `Reconcile with the provider, ${date}`,
    }),
  ),
  ownerSource(
    (page) => untouchedReconciliationCases(db, page),
    ({ id, requestId }) => caseOwner(taskQueue, id, requestId),
  ),
];
