import { z } from 'zod';
import { giveawayFunnel } from '../../db/giveaway/giveaway-funnel.ts';
import { uuid } from '../http/amounts.ts';
import { defineRoute, type Route } from '../http/define-route.ts';
import type { GiveawayApi } from './dependencies.ts';
import { requireOwnGiveaway } from './own-giveaway.ts';

export const giveawayFunnelRoute = ({ db }: GiveawayApi): Route =>
  defineRoute({
    method: 'get',
    path: '/v1/giveaways/{giveawayId}/funnel',
    summary: 'How many entered, count, were ranked, told, claimed and have their prize',
    auth: 'giveaway.manage',
    params: z.object({ giveawayId: uuid }),
    responses: { 200: { description: 'Counts' } },
    handler: async ({ params: { giveawayId }, principal }) => {
      await requireOwnGiveaway(db, giveawayId, principal);
      return { status: 200, body: await giveawayFunnel(db, giveawayId) };
    },
  });
