import { z } from 'zod';
import { declineAward } from '../../db/giveaway/decline-award.ts';
import type { Award } from '../../db/giveaway/model.ts';
import { findAward } from '../../db/giveaway/queries.ts';
import { DomainError } from '../../domain/errors.ts';
import { defineRoute, type Route } from '../http/define-route.ts';
import { claimSchema, presentAward, startClaim } from './claim-award.ts';
import type { GiveawayApi } from './dependencies.ts';

const token = z.string().min(20).max(1_000);
const body = z.object({ token });
const LIVE: ReadonlySet<string> = new Set(['NOTIFIED', 'CLAIMED', 'VERIFIED', 'FULFILLED']);

/** What the link of a mail is good for, without a log-in: to see its award, to claim it, or to decline it. */
export const claimLinkRoutes = (api: GiveawayApi): Route[] => [
  defineRoute({
    method: 'post',
    path: '/v1/claim-links/read',
    summary: 'The award that a link from a mail is about',
    auth: 'public',
    body,
    responses: { 200: { description: 'The award' } },
    handler: async ({ body: { token: given } }) => {
      const { awardId, participantId } = api.claimLinks.open(given, new Date());
      const award = await findAward(api.db, awardId, participantId);
      if (!award) throw new DomainError('award_not_found', 'There is no such award.', { awardId });
      const body = { ...presentAward(award), topUp: await topUpOf(api, award) };
      return { status: 200, body, headers: { 'cache-control': 'no-store' } };
    },
  }),
  defineRoute({
    method: 'post',
    path: '/v1/claim-links/claim',
    summary: 'Claim a prize with the link from the mail',
    auth: 'public',
    idempotent: true,
    body: body.extend(claimSchema),
    secretMembers: ['token', 'address'],
    responses: { 201: { description: 'Claimed; the prize follows' }, 202: { description: 'Still being claimed' } },
    handler: ({ body: { token: given, address }, resourceId, requestId }) => {
      const { awardId, participantId } = api.claimLinks.open(given, new Date());
      const actor = `claim-link:${awardId}`;
      return startClaim(api, resourceId, { awardId, participantId, actor, requestId }, address);
    },
  }),
  defineRoute({
    method: 'post',
    path: '/v1/claim-links/decline',
    summary: 'Decline a prize with the link from the mail',
    auth: 'public',
    idempotent: true,
    body,
    secretMembers: ['token'],
    responses: { 200: { description: 'Declined' } },
    handler: async ({ body: { token: given }, requestId }) => {
      const { awardId, participantId } = api.claimLinks.open(given, new Date());
      const cause = { actor: `claim-link:${awardId}`, requestId };
      const award = await declineAward(api.db, { awardId, participantId }, cause);
      return { status: 200, body: { awardId: award.id, giveawayId: award.giveawayId, state: award.state } };
    },
  }),
];

/** What somebody who has won airtime can say which phone it is for with, and where; null where there is nothing to say. */
async function topUpOf({ topUps: { grants, url } }: GiveawayApi, { id: awardId, state, prize, participant_id }: Award) {
  if (prize?.group?.kind !== 'airtime' || prize.card_id === null || !LIVE.has(state)) return null;
  return { url, grant: await grants.issue({ awardId, cardId: prize.card_id, userId: participant_id }) };
}
