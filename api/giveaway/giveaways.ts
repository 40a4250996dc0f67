import { z } from 'zod';
import { createGiveaway } from '../../db/giveaway/create-giveaway.ts';
import { findGiveaway, type GiveawaySnapshot } from '../../db/giveaway/giveaway-snapshot.ts';
import { listGiveaways } from '../../db/giveaway/queries.ts';
import { DomainError } from '../../domain/errors.ts';
import {
  RANDOMNESS_SETTINGS,
  requireRandomness,
  type GiveawayMode,
  type RandomnessSetting,
} from '../../domain/giveaway-modes.ts';
import { CLAIM_MODES, CLAIM_VERIFICATIONS } from '../../domain/official-rules.ts';
import { shareReads } from '../../runtime/shared-reads.ts';
import { currency, uuid } from '../http/amounts.ts';
import { defineRoute, type Route } from '../http/define-route.ts';
import { pageOf, pageQuery } from '../http/paging.ts';
import type { GiveawayApi } from './dependencies.ts';
import { entryTermsSchema, methodsOf, presentTerms } from './entry-methods.ts';
import { modeOf, modeSchema } from './giveaway-mode.ts';
import { presentPrizeGroup, prizesSchema, unitsOf } from './prize-groups.ts';

const DAY_MS = 24 * 3_600_000;

/** What a draft consists of. */
export const draftSchema = {
  title: z.string().trim().min(1).max(200),
  description: z.string().max(5_000).default(''),
  currency,
  opensAt: z.iso.datetime({ offset: true }).optional(),
  closesAt: z.iso.datetime({ offset: true }),
  claimWindowMs: z
    .int()
    .min(1_000)
    .max(366 * DAY_MS)
    .default(7 * DAY_MS),
  ...entryTermsSchema,
  claims: z.enum(CLAIM_MODES).default('required'),
  claimVerification: z.enum(CLAIM_VERIFICATIONS).default('automatic'),
  earlyClose: z.boolean().default(false),
  maxExtensionMs: z
    .int()
    .min(0)
    .max(90 * DAY_MS)
    .default(0),
  ...prizesSchema,
  ...modeSchema,
  /** Absent: the beacon, where one is configured; an instant win rests on a secret. */
  randomness: z.enum(RANDOMNESS_SETTINGS).optional(),
};
const giveawayId = z.object({ giveawayId: uuid });

export const giveawayRoutes = (api: GiveawayApi): Route[] => [...hostRoutes(api), ...publicRoutes(api)];

const hostRoutes = ({ db, entryHashes, sources }: GiveawayApi): Route[] => [
  defineRoute({
    method: 'post',
    path: '/v1/giveaways',
    summary: 'Draft a giveaway',
    auth: 'giveaway.manage',
    idempotent: true,
    body: z.object(draftSchema),
    responses: { 201: { description: 'The draft' } },
    handler: async ({ body, resourceId, principal, actor, requestId }) => {
      const times = { opensAt: body.opensAt ? new Date(body.opensAt) : undefined, closesAt: new Date(body.closesAt) };
      await createGiveaway(
        db,
        {
          ...body,
          ...times,
          prizes: unitsOf(body.prizes, resourceId),
          mode: modeOf(body),
          randomness: chooseRandomness(body.randomness, body.mode, sources.beacon !== undefined),
          methods: methodsOf(body.entryMethods, resourceId, entryHashes),
          id: resourceId,
          hostId: principal.userId,
        },
        { actor, requestId },
      );
      const snapshot = requireGiveaway(await findGiveaway(db, resourceId, principal.userId));
      return { status: 201, body: presentGiveaway(snapshot), headers: { location: `/v1/giveaways/${resourceId}` } };
    },
  }),
  defineRoute({
    method: 'get',
    path: '/v1/giveaways',
    summary: 'My giveaways, newest first',
    auth: 'giveaway.manage',
    query: z.object(pageQuery),
    responses: { 200: { description: 'A page; `next` is the value of `after` for the following one' } },
    handler: async ({ query, principal }) => {
      const found = (await listGiveaways(db, principal.userId, query)).map(
        ({ id, title, state, closes_at, failure_code }) => ({
          id,
          title,
          state,
          closesAt: closes_at.toISOString(),
          failureCode: failure_code,
        }),
      );
      return { status: 200, body: pageOf(found, query.limit, ({ id }) => id) };
    },
  }),
];

const publicRoutes = ({ db }: GiveawayApi): Route[] => {
  const look = shareReads(async (id) => JSON.stringify(presentGiveaway(requireGiveaway(await findGiveaway(db, id)))));
  return [
    defineRoute({
      method: 'get',
      path: '/v1/giveaways/{giveawayId}',
      summary: 'A published giveaway, with the server clock for the countdown',
      auth: 'public',
      params: giveawayId,
      responses: { 200: { description: 'The giveaway' } },
      handler: async ({ params }) => ({
        status: 200,
        body: await look(params.giveawayId),
        type: 'application/json',
        headers: { 'cache-control': 'no-cache' },
      }),
    }),
  ];
};

/** What the host asks for, else the strongest that there is. @throws DomainError randomness_not_available. */
function chooseRandomness(
  asked: RandomnessSetting | undefined,
  mode: GiveawayMode,
  hasBeacon: boolean,
): RandomnessSetting {
  const randomness = asked ?? (hasBeacon && mode !== 'instant_win' ? 'drand' : 'commit_reveal');
  requireRandomness(randomness, { mode, hasBeacon });
  return randomness;
}

function requireGiveaway(snapshot: GiveawaySnapshot | undefined): GiveawaySnapshot {
  if (!snapshot) throw new DomainError('giveaway_not_found', 'There is no such giveaway.');
  return snapshot;
}

function presentGiveaway(snapshot: GiveawaySnapshot) {
  const { giveaway, terms, mode, prizeGroups, participantCount, serverTime, ...rest } = snapshot;
  const { opensAt, closesAt, pausedAt, ...facts } = giveaway;
  return {
    ...facts,
    opensAt: opensAt?.toISOString() ?? null,
    closesAt: closesAt.toISOString(),
    pausedAt: pausedAt?.toISOString() ?? null,
    serverTime: serverTime.toISOString(),
    participantCount,
    ...presentTerms(terms),
    ...mode,
    prizeGroups: prizeGroups.map(presentPrizeGroup),
    ...rest,
  };
}
