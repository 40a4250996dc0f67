import { z } from 'zod';
import type { Database } from '../../db/connect.ts';
import { disqualifyParticipant } from '../../db/giveaway/disqualify-participant.ts';
import { findVisibleGiveaway } from '../../db/giveaway/queries.ts';
import { decideReview, excludeParticipant, listReviews } from '../../db/giveaway/review-participants.ts';
import { DomainError } from '../../domain/errors.ts';
import type { Principal } from '../../runtime/access-tokens.ts';
import { uuid } from '../http/amounts.ts';
import { defineRoute, type Route } from '../http/define-route.ts';
import type { GiveawayApi } from './dependencies.ts';

const giveaway = z.object({ giveawayId: uuid });
const participant = z.object({ giveawayId: uuid, participantId: uuid });
const reason = z.string().trim().min(3).max(500);

/** Who may not win, and who decides it: the host of the giveaway, and the platform. */
export const reviewParticipantsRoutes = ({ db }: GiveawayApi): Route[] => [
  defineRoute({
    method: 'get',
    path: '/v1/giveaways/{giveawayId}/reviews',
    summary: 'Participants who have much in common with others, and wait for a decision',
    auth: 'giveaway.judge',
    params: giveaway,
    query: z.object({
      state: z.enum(['PENDING', 'CLEARED', 'DISQUALIFIED']).default('PENDING'),
      limit: z.coerce.number().int().min(1).max(200).default(50),
    }),
    responses: { 200: { description: 'The queue, oldest first' } },
    handler: async ({ params, query, principal }) => {
      await requireJudge(db, params.giveawayId, principal);
      return { status: 200, body: { data: await listReviews(db, { ...params, ...query }) } };
    },
  }),
  defineRoute({
    method: 'post',
    path: '/v1/giveaways/{giveawayId}/reviews/{participantId}/decision',
    summary: 'Clear a participant, or disqualify them, until entry is frozen',
    auth: 'giveaway.judge',
    idempotent: true,
    params: participant,
    body: z.object({ decision: z.enum(['CLEARED', 'DISQUALIFIED']), reason }),
    responses: { 200: { description: 'The decision that stands' } },
    handler: async ({ params, body, principal, actor, requestId }) => {
      await requireJudge(db, params.giveawayId, principal);
      return { status: 200, body: await decideReview(db, { ...params, ...body }, { actor, requestId }) };
    },
  }),
  defineRoute({
    method: 'post',
    path: '/v1/giveaways/{giveawayId}/exclusions',
    summary: 'Block somebody from the giveaway, until entry is frozen',
    auth: 'giveaway.judge',
    idempotent: true,
    params: giveaway,
    body: z.object({ participantId: uuid, reason }),
    responses: { 201: { description: 'Blocked; entries that stand weigh nothing' } },
    handler: async ({ params, body, principal, actor, requestId }) => {
      await requireJudge(db, params.giveawayId, principal);
      const exclusion = { ...params, ...body, code: 'blocked' } as const;
      return { status: 201, body: await excludeParticipant(db, exclusion, { actor, requestId }) };
    },
  }),
  defineRoute({
    method: 'post',
    path: '/v1/giveaways/{giveawayId}/disqualifications',
    summary:
      'After the freeze, or of whoever has won at once: ask for a disqualification, or approve what another person asked for',
    auth: 'giveaway.judge',
    idempotent: true,
    params: giveaway,
    body: z.object({ participantId: uuid, reason, evidence: z.string().trim().min(10).max(5_000) }),
    responses: {
      200: { description: 'Approved by two people: an open award goes to the next rank' },
      202: { description: 'Asked for; another person, of whom one is not the host, has to approve' },
    },
    handler: async ({ params, body, principal, actor, requestId }) => {
      const byHost = await requireJudge(db, params.giveawayId, principal);
      const decision = { ...params, ...body, byHost, decidedBy: `user:${principal.userId}` };
      const found = await disqualifyParticipant(db, decision, { actor, requestId });
      return { status: found.approvedBy === null ? 202 : 200, body: found };
    },
  }),
];

/** @returns whether it is the host. @throws DomainError giveaway_not_found for a host's of another giveaway. */
export async function requireJudge(db: Database, giveawayId: string, principal: Principal): Promise<boolean> {
  const found = await findVisibleGiveaway(db, giveawayId, principal.userId);
  const byHost = found?.host_id === principal.userId;
  const platform = principal.roles.some((role) => role === 'ops' || role === 'admin');
  if (!found || !(byHost || platform)) {
    throw new DomainError('giveaway_not_found', 'There is no such giveaway of yours.', { giveawayId });
  }
  return byHost;
}
