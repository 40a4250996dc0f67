import { heartbeat, log } from '@temporalio/activity';
import type { AlertsPort } from '../providers/alerts/port.ts';
import type { UntouchedPage, UntouchedRow } from '../db/untouched-rows.ts';
import type { Owner, OwnersDecision, WorkflowOwners } from './workflow-owners.ts';

/** Processes of one kind, and who is to carry each of them. */
export interface OwnerSource {
  owners(page: UntouchedPage): Promise<readonly Untouched[]>;
}

interface Untouched {
  readonly id: string;
  readonly owner: Owner | undefined;
  readonly reminder: OwnersDecision | undefined;
}

/**
 * @param ownerOf undefined where nobody can say who that was.
 * @param reminderOf what an open workflow is told: the row has changed, and the workflow may not have heard of it, because
 *   the server lost the update after the row was written. It must be safe to hear twice.
 */
export const ownerSource = <R extends UntouchedRow>(
  read: (page: UntouchedPage) => Promise<R[]>,
  ownerOf: (row: R) => Owner | undefined,
  reminderOf: (row: R) => OwnersDecision | undefined = () => undefined,
): OwnerSource => ({
  owners: async (page) =>
    (await read(page)).map((row) => ({ id: row.id, owner: ownerOf(row), reminder: reminderOf(row) })),
});

export interface SweepOwnersInput {
  readonly untouchedMs: number;
}

export interface OwnerSweepDependencies {
  readonly owners: WorkflowOwners;
  readonly alerts: AlertsPort;
  readonly sources: readonly OwnerSource[];
  /** Finishes what was left by processes that have ended: it needs no workflow. */
  readonly finish?: (input: SweepOwnersInput) => Promise<void>;
}

const PAGE = 100;
/** Workflows that are asked about together. */
const AT_ONCE = 10;

/**
 * Looks at every process that nobody has touched for a while: the workflow that carried it through is started again where
 * it is not open, because it was terminated, has failed, or was lost with its server's store. Its first step reads the
 * rows and goes on from there. One that is open, and may have missed what its row says, is told again.
 */
export const ownerSweepActivities = (deps: OwnerSweepDependencies) => ({
  /** @returns how many were started again. */
  restoreOwners: async ({ untouchedMs }: SweepOwnersInput): Promise<number> => {
    let restored = 0;
    await deps.finish?.({ untouchedMs });
    for (const source of deps.sources) {
      for (let after: string | undefined; ;) {
        const page = await source.owners({ untouchedMs, after, limit: PAGE });
        for (let first = 0; first < page.length; first += AT_ONCE) {
          const together = page.slice(first, first + AT_ONCE);
          const isStill = (id: string) => source.owners({ untouchedMs, only: id, limit: 1 });
          const started = await Promise.all(together.map((row) => restore(deps, row, isStill)));
          restored += started.filter(Boolean).length;
          heartbeat();
        }
        after = page.at(-1)?.id;
        if (page.length < PAGE) break;
      }
    }
    return restored;
  },
});

async function restore(
  { owners, alerts }: OwnerSweepDependencies,
  { id, owner, reminder }: Untouched,
  listAgain: (id: string) => Promise<readonly unknown[]>,
): Promise<boolean> {
  if (owner === undefined) {
    log.error('nobody can say who owns this process', { id });
    return false;
  }
  if (await owners.isOpen(owner.workflowId)) {
    const refused = reminder ? await owners.decide(reminder) : null;
    if (refused !== null) log.warn('a workflow was not reminded', { id, code: refused });
    return false;
  }
  // It may have ended, as it should, since it was listed.
  if ((await listAgain(id)).length === 0 || !(await owners.start(owner, { restored: true }))) return false;
  await alerts.raise({
    key: `owner:${owner.workflowId}`,
    summary: `${owner.workflowId} had no open workflow and was started again`,
    correlationId: owner.input.requestId,
  });
  return true;
}
