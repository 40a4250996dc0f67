import type { Database } from '../../db/connect.ts';
import { untouchedClaims, untouchedPublishes, untouchedRuns } from '../../db/giveaway/owner-sweep.ts';
import {
  CLAIM_AWARD,
  claimAwardId,
  GIVEAWAY_TASK_QUEUE,
  PUBLISH_GIVEAWAY,
  publishGiveawayId,
  RUN_GIVEAWAY,
  runGiveawayId,
  type ClaimAwardInput,
  type PublishGiveawayInput,
  type RunGiveawayInput,
} from '../../workflows/giveaway/contract.ts';
import { ownerSource, type OwnerSource } from '../owner-sweep.ts';

const taskQueue = GIVEAWAY_TASK_QUEUE;

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
