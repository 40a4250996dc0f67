import type { Database } from '../../db/connect.ts';
import { untouchedClaims, untouchedPublishes, untouchedRuns } from '../../db/giveaway/owner-sweep.ts';
import {
  CANCEL_GIVEAWAY,
  CLAIM_AWARD,
  claimAwardId,
  DRAW_BY_HAND,
  GIVEAWAY_TASK_QUEUE,
  MOVE_DEADLINE_LOOK,
  PUBLISH_GIVEAWAY,
  publishGiveawayId,
  RUN_GIVEAWAY,
  runGiveawayId,
  type CancelGiveawayInput,
  type ClaimAwardInput,
  type DrawByHandInput,
  type PublishGiveawayInput,
  type RunGiveawayInput,
} from '../../workflows/giveaway/contract.ts';
import { ownerSource, type OwnerSource } from '../owner-sweep.ts';
import type { OwnersDecision } from '../workflow-owners.ts';

type UntouchedRun = Awaited<ReturnType<typeof untouchedRuns>>[number];

const taskQueue = GIVEAWAY_TASK_QUEUE;

/**
 * That it was cancelled, that its host has asked for the draw, or that its deadline has passed: it may have been moved to
 * an earlier time.
 */
function remindRun({ id, cancelled, overdue, drawRequested, requestId }: UntouchedRun): OwnersDecision | undefined {
  const workflowId = runGiveawayId(id);
  const updateId = crypto.randomUUID();
  const asked: DrawByHandInput = { giveawayId: id, actor: `workflow:${workflowId}`, requestId };
  if (cancelled) {
    const input: CancelGiveawayInput = { ...asked, reason: 'is cancelled' };
    return { workflowId, update: CANCEL_GIVEAWAY, updateId, input };
  }
  if (drawRequested) return { workflowId, update: DRAW_BY_HAND, updateId, input: asked };
  return overdue ? { workflowId, update: MOVE_DEADLINE_LOOK, updateId, input: undefined } : undefined;
}

export const giveawayOwnerSources = (db: Database): OwnerSource[] => [
  ownerSource(
    (page) => untouchedPublishes(db, page),
    ({ id, hostId, publishId, requestId }) => ({
      workflowType: PUBLISH_GIVEAWAY,
      workflowId: publishGiveawayId(publishId),
      taskQueue,
      input: {
        giveawayId: id,
        hostId,
        publishId,
        again: true,
        actor: `workflow:${publishGiveawayId(publishId)}`,
        requestId,
      } satisfies PublishGiveawayInput,
      summary: `Publish giveaway ${id}`,
      searchAttributes: { GiveawayId: id, HostId: hostId },
    }),
  ),
  ownerSource(
    (page) => untouchedRuns(db, page),
    ({ id, hostId, requestId }) => ({
      workflowType: RUN_GIVEAWAY,
      workflowId: runGiveawayId(id),
      taskQueue,
      input: { giveawayId: id, actor: `workflow:${runGiveawayId(id)}`, requestId } satisfies RunGiveawayInput,
      summary: `Run giveaway ${id}`,
      searchAttributes: { GiveawayId: id, HostId: hostId },
    }),
    remindRun,
  ),
  ownerSource(
    (page) => untouchedClaims(db, page),
    ({ id, participantId, workflowId, requestId }) => ({
      workflowType: CLAIM_AWARD,
      workflowId: workflowId ?? claimAwardId(id),
      taskQueue,
      input: {
        awardId: id,
        participantId,
        actor: `user:${participantId}`,
        requestId,
      } satisfies ClaimAwardInput,
      summary: `Claim award ${id}`,
    }),
  ),
];
