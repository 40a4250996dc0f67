import { z } from 'zod';
import { claimPhysicalAward } from '../../db/giveaway/deliver-prize.ts';
import { findAward, listAwards } from '../../db/giveaway/queries.ts';
import type { Award } from '../../db/giveaway/model.ts';
import { DomainError } from '../../domain/errors.ts';
import { addressAad, type PostalAddress } from '../../domain/postal-address.ts';
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
import { postalAddress } from './deliver-prize.ts';
import type { GiveawayApi } from './dependencies.ts';

const awardId = z.object({ awardId: uuid });

/** Where a prize is sent to; a gift card needs none. */
export const claimSchema = { address: postalAddress.optional() };

export const claimAwardRoutes = (api: GiveawayApi): Route[] => [
  defineRoute({
    method: 'post',
    path: '/v1/awards/{awardId}/claim',
    summary: 'Claim a prize',
    auth: 'award.claim',
    idempotent: true,
    params: awardId,
    body: z.object(claimSchema),
    secretMembers: ['address'],
    responses: { 201: { description: 'Claimed; the prize follows' }, 202: { description: 'Still being claimed' } },
    handler: ({ params, body, resourceId, principal, actor, requestId }) =>
      startClaim(api, resourceId, { ...params, participantId: principal.userId, actor, requestId }, body.address),
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

/**
 * By whoever may speak for the winner. A claim on which a person decides is answered when it stands, as any other. One of a
 * prize that is sent is one transaction and no workflow: the address never comes there.
 */
export async function startClaim(
  api: GiveawayApi,
  claimId: string,
  input: ClaimAwardInput,
  address?: PostalAddress,
): Promise<Reply> {
  if (address) return claimWithAddress(api, input, address);
  const { temporal, budgetMs } = api;
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

async function claimWithAddress(
  { db, addresses }: GiveawayApi,
  { awardId: id, participantId, ...cause }: ClaimAwardInput,
  given: PostalAddress,
): Promise<Reply> {
  const address = addresses.seal(JSON.stringify(given), addressAad(id));
  const { giveawayId, cardId, state } = await claimPhysicalAward(db, { awardId: id, participantId, address }, cause);
  const body: ClaimedAward = { awardId: id, giveawayId, cardId, state, waits: state === 'CLAIMED' };
  return { status: 201, body, headers: { location: `/v1/awards/${id}` } };
}

export const presentAward = (award: Award) => ({
  awardId: award.id,
  giveawayId: award.giveaway_id,
  rank: award.rank,
  state: award.state,
  prize: award.prize?.group && {
    kind: award.prize.group.kind,
    name: award.prize.group.name,
    description: award.prize.group.description,
  },
  cardId: award.prize?.card_id ?? null,
  amountMinor: award.prize?.face_minor.toString() ?? null,
  currency: award.prize?.currency ?? null,
  /** Null until the winner has been told: the window begins then. */
  claimExpiresAt: award.claim_expires_at?.toISOString() ?? null,
  /** Of a prize that is sent and was claimed. */
  delivery: award.delivery
    ? {
        state: award.delivery.state,
        carrier: award.delivery.carrier,
        trackingNumber: award.delivery.tracking_number,
        shippedAt: award.delivery.shipped_at?.toISOString() ?? null,
      }
    : null,
  serverTime: new Date().toISOString(),
});
