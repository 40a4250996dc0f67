import { z } from 'zod';
import type { Principal } from '../../runtime/access-tokens.ts';
import { MOVE_DEADLINE, runGiveawayId, type MoveDeadlineInput } from '../../workflows/giveaway/contract.ts';
import { uuid } from '../http/amounts.ts';
import { updateRunning } from '../http/await-workflow.ts';
import { defineRoute, type Reply, type Route } from '../http/define-route.ts';
import type { GiveawayApi } from './dependencies.ts';
import { refuseUntaken, requireOwnGiveaway } from './own-giveaway.ts';

const params = z.object({ giveawayId: uuid });
const reason = z.string().trim().min(3).max(500);

/** The host moves the deadline of an open giveaway, as far as its rules said when it opened. */
export const moveDeadlineRoutes = (api: GiveawayApi): Route[] => [
  defineRoute({
    method: 'post',
    path: '/v1/giveaways/{giveawayId}/close-early',
    summary: 'End entry now, where the rules said that I may',
    auth: 'giveaway.manage',
    idempotent: true,
    params,
    body: z.object({ reason }),
    responses: { 200: { description: 'Entry is over; the draw follows' } },
    handler: ({ params: { giveawayId }, body, resourceId, principal, actor, requestId }) =>
      moveDeadline(api, principal, resourceId, { giveawayId, ...body, actor, requestId }),
  }),
  defineRoute({
    method: 'post',
    path: '/v1/giveaways/{giveawayId}/extend',
    summary: 'Put the deadline off, within what the rules said',
    auth: 'giveaway.manage',
    idempotent: true,
    params,
    body: z.object({ closesAt: z.iso.datetime({ offset: true }), reason }),
    responses: { 200: { description: 'The new deadline' } },
    handler: ({ params: { giveawayId }, body, resourceId, principal, actor, requestId }) =>
      moveDeadline(api, principal, resourceId, { giveawayId, ...body, actor, requestId }),
  }),
];

async function moveDeadline(
  { db, temporal, budgetMs }: GiveawayApi,
  principal: Principal,
  updateId: string,
  input: MoveDeadlineInput,
): Promise<Reply> {
  const { giveawayId } = input;
  await requireOwnGiveaway(db, giveawayId, principal);
  const workflowId = runGiveawayId(giveawayId);
  const answer = await updateRunning<object>(temporal, {
    workflowId,
    update: MOVE_DEADLINE,
    updateId,
    args: [input],
    budgetMs,
  });
  if (!answer) return refuseUntaken(db, giveawayId, principal, 'giveaway_not_open');
  return { status: 200, body: { giveawayId, ...answer.value } };
}
