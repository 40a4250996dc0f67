import { z } from 'zod';
import { listReleases } from '../../db/giftcard/release-escrow.ts';
import { defineRoute, type Route } from '../http/define-route.ts';
import { pageOf, pageQuery } from '../http/paging.ts';
import type { GiftcardApi } from './dependencies.ts';

export const escrowReleaseRoutes = ({ db }: GiftcardApi): Route[] => [
  defineRoute({
    method: 'get',
    path: '/v1/escrow-releases',
    summary: 'What came back to my wallet: cancelled, never assigned, expired; newest first',
    auth: 'card.issue',
    query: z.object(pageQuery),
    responses: { 200: { description: 'Releases' } },
    handler: async ({ query, principal }) => {
      const found = await listReleases(db, { hostId: principal.userId, ...query });
      return { status: 200, body: pageOf(found, query.limit, ({ releaseId }) => releaseId) };
    },
  }),
  defineRoute({
    method: 'get',
    path: '/v1/finance/escrow-releases',
    summary: 'What went back to hosts, newest first',
    auth: 'finance.read',
    query: z.object(pageQuery),
    responses: { 200: { description: 'Releases' } },
    handler: async ({ query }) => {
      const found = await listReleases(db, query);
      return { status: 200, body: pageOf(found, query.limit, ({ releaseId }) => releaseId) };
    },
  }),
];
