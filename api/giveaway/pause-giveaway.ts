import { z } from 'zod';
import { pauseGiveaway } from '../../db/giveaway/pause-giveaway.ts';
import { uuid } from '../http/amounts.ts';
import { defineRoute, type Route } from '../http/define-route.ts';
import type { GiveawayApi } from './dependencies.ts';

export const pauseGiveawayRoutes = ({ db }: GiveawayApi): Route[] =>
  [
    { verb: 'pause', paused: true, summary: 'Take no entries for a while; the deadline stays' },
    { verb: 'resume', paused: false, summary: 'Take entries again' },
  ].map(({ verb, paused, summary }) =>
    defineRoute({
      method: 'post',
      path: `/v1/giveaways/{giveawayId}/${verb}`,
      summary,
      auth: 'giveaway.manage',
      idempotent: true,
      params: z.object({ giveawayId: uuid }),
      body: z.object({ reason: z.string().trim().min(3).max(500) }),
      responses: { 200: { description: 'Done' } },
      handler: async ({ params, body, principal, actor, requestId }) => {
        const input = { ...params, ...body, hostId: principal.userId, paused };
        const { pausedAt } = await pauseGiveaway(db, input, { actor, requestId });
        return { status: 200, body: { ...params, pausedAt: pausedAt?.toISOString() ?? null } };
      },
    }),
  );
