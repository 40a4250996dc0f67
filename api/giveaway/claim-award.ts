import { z } from 'zod';
import { findAward, listAwards } from '../../db/giveaway/queries.ts';
import type { Award } from '../../db/giveaway/model.ts';
import { DomainError } from '../../domain/errors.ts';
import {
  AWAIT_CLAIMED,
  CLAIM_AWARD,
  claimAwardId,
  GIVEAWAY_TASK_QUEUE,
  type ClaimAwardInput,
  type ClaimedAward,
} from '../../workflows/giveaway/contract.ts';
import { uuid } from '../http/amounts.ts';
import { startAndAwait } from '../http/await-workflow.ts';
import { defineRoute, type Reply, type Route } from '../http/define-route.ts';
import type { GiveawayApi } from './dependencies.ts';

const awardId = z.object({ awardId: uuid });

export const claimAwardRoutes = (api: GiveawayApi): Route[] => [
  defineRoute({
    method: 'post',
    path: '/v1/awards/{awardId}/claim',
    summary: 'Claim a prize',
    auth: 'award.claim',
    idempotent: true,
    params: awardId,
    responses: { 201: { description: 'Claimed; the card follows' }, 202: { description: 'Still being claimed' } },
    handler: ({ params, resourceId, principal, actor, requestId }) =>
      startClaim(api, resourceId, { ...params, participantId: principal.userId, actor, requestId }),
  }),
  defineRoute({
    method: 'get',
    path: '/v1/awards',
    summary: 'What I have won, newest first',
    auth: 'award.claim',
    responses: { 200: { description: 'Awards' } },
    handler: async ({ principal }) => ({
      status: 200,
      body: { data: (await listAwards(api.db, principal.userId)).map(presentAward) },
    }),
  }),
  defineRoute({
    method: 'get',
    path: '/v1/awards/{awardId}',
    summary: 'One of my awards',
    auth: 'award.claim',
    params: awardId,
    responses: { 200: { description: 'The award' } },
    handler: async ({ params, principal }) => {
      const award = await findAward(api.db, params.awardId, principal.userId);
      if (!award) throw new DomainError('award_not_found', 'There is no such award of yours.');
      return { status: 200, body: presentAward(award) };
    },
  }),
];

/** By whoever may speak for the winner. A claim on which a person decides is answered when it stands, as any other. */
export async function startClaim(
  { temporal, budgetMs }: GiveawayApi,
  claimId: string,
  input: ClaimAwardInput,
): Promise<Reply> {
  const answer = await startAndAwait<ClaimedAward>(temporal, {
    workflowType: CLAIM_AWARD,
    workflowId: claimAwardId(claimId),
    taskQueue: GIVEAWAY_TASK_QUEUE,
    args: [input],
    update: AWAIT_CLAIMED,
    summary: `Claim award ${input.awardId}`,
    searchAttributes: { RequestId: input.requestId },
    memo: { requestId: input.requestId },
    budgetMs,
  });
  const headers = { location: `/v1/awards/${input.awardId}` };
  if (answer.kind === 'answered') return { status: 201, body: answer.value, headers };
  return { status: 202, body: { awardId: input.awardId, href: headers.location }, headers };
}

export const presentAward = (award: Award) => ({
  awardId: award.id,
  giveawayId: award.giveaway_id,
  rank: award.rank,
  state: award.state,
  cardId: award.prize?.card_id ?? null,
  amountMinor: award.prize?.face_minor.toString() ?? null,
  currency: award.prize?.currency ?? null,
  /** Null until the winner has been told: the window begins then. */
  claimExpiresAt: award.claim_expires_at?.toISOString() ?? null,
  serverTime: new Date().toISOString(),
});
