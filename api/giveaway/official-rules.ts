import { z } from 'zod';
import { findVisibleGiveaway } from '../../db/giveaway/queries.ts';
import { listRules, readRules } from '../../db/giveaway/rules-versions.ts';
import type { Database } from '../../db/connect.ts';
import { DomainError } from '../../domain/errors.ts';
import { uuid } from '../http/amounts.ts';
import { defineRoute, type Route } from '../http/define-route.ts';
import type { GiveawayApi } from './dependencies.ts';

const params = z.object({ giveawayId: uuid });

export const officialRulesRoutes = ({ db, sources }: GiveawayApi): Route[] => [
  defineRoute({
    method: 'get',
    path: '/v1/giveaways/{giveawayId}/rules',
    summary: 'The official rules, as they stand or as they were in a version; the draw’s commitment holds their hash',
    auth: 'public',
    params,
    query: z.object({ version: z.coerce.number().int().min(1).optional() }),
    responses: { 200: { description: 'Plain text' } },
    handler: async ({ params: { giveawayId }, query }) => {
      await requirePublic(db, giveawayId);
      const text = await readRules(db, giveawayId, sources, query.version);
      if (text === undefined) throw new DomainError('rules_version_not_found', 'There is no such version.', query);
      return { status: 200, body: text, type: 'text/plain', headers: { 'cache-control': 'no-cache' } };
    },
  }),
  defineRoute({
    method: 'get',
    path: '/v1/giveaways/{giveawayId}/rules/versions',
    summary: 'What has changed in the rules since the giveaway opened, and what its host says about it',
    auth: 'public',
    params,
    responses: { 200: { description: 'Versions, the oldest first' } },
    handler: async ({ params: { giveawayId } }) => {
      await requirePublic(db, giveawayId);
      const data = (await listRules(db, giveawayId)).map(({ version, changed, notice, createdAt }) => ({
        version,
        changed,
        notice,
        createdAt: createdAt.toISOString(),
        href: `/v1/giveaways/${giveawayId}/rules?version=${version}`,
      }));
      return { status: 200, body: { data } };
    },
  }),
];

async function requirePublic(db: Database, giveawayId: string): Promise<void> {
  if (!(await findVisibleGiveaway(db, giveawayId)))
    throw new DomainError('giveaway_not_found', 'There is no such giveaway.', { giveawayId });
}
