import { z } from 'zod';
import { readStandings, type Standing } from '../../db/giveaway/leaderboard.ts';
import { readPublishedMode } from '../../db/giveaway/prize-groups.ts';
import { DomainError } from '../../domain/errors.ts';
import { createShortCache } from '../../runtime/short-cache.ts';
import { uuid } from '../http/amounts.ts';
import { defineRoute, type Route } from '../http/define-route.ts';
import type { GiveawayApi } from './dependencies.ts';

/** The scores of all are added up for it: once in this time, however many watch. */
const FRESH_MS = 1_000;
const MAX_SHOWN = 100;

const params = z.object({ giveawayId: uuid });
const standing = z.object({ place: z.int(), score: z.int(), participant: z.string() });

export function leaderboardRoutes({ db }: GiveawayApi): Route[] {
  const standings = createShortCache<readonly Standing[]>(FRESH_MS);
  const requireLeaderboard = async (giveawayId: string): Promise<void> => {
    const mode = await readPublishedMode(db, giveawayId);
    if (!mode) throw new DomainError('giveaway_not_found', 'There is no such giveaway.', { giveawayId });
    if (mode.mode !== 'leaderboard')
      throw new DomainError('giveaway_not_leaderboard', 'This giveaway has no leaderboard.', { giveawayId });
  };
  return [
    defineRoute({
      method: 'get',
      path: '/v1/giveaways/{giveawayId}/leaderboard',
      summary: 'The best of a leaderboard as it stands, or as it was drawn; it names nobody',
      auth: 'public',
      params,
      query: z.object({ limit: z.coerce.number().int().min(1).max(MAX_SHOWN).default(MAX_SHOWN) }),
      responses: { 200: { description: 'Places and scores', schema: z.object({ data: z.array(standing) }) } },
      handler: async ({ params: { giveawayId }, query }) => {
        const data = await standings.get(giveawayId, async () => {
          await requireLeaderboard(giveawayId);
          return readStandings(db, { giveawayId, limit: MAX_SHOWN });
        });
        return { status: 200, body: { data: data.slice(0, query.limit) }, headers: { 'cache-control': 'no-cache' } };
      },
    }),
    defineRoute({
      method: 'get',
      path: '/v1/giveaways/{giveawayId}/leaderboard/mine',
      summary: 'My place and score; null while nothing of mine counts',
      auth: 'giveaway.enter',
      params,
      responses: { 200: { description: 'My standing', schema: z.object({ standing: standing.nullable() }) } },
      handler: async ({ params: { giveawayId }, principal }) => {
        const mine = await standings.get(`${giveawayId}/${principal.userId}`, async () => {
          await requireLeaderboard(giveawayId);
          return readStandings(db, { giveawayId, limit: 1, participantId: principal.userId });
        });
        return { status: 200, body: { standing: mine[0] ?? null } };
      },
    }),
  ];
}
