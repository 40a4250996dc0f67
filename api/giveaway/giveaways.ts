import { z } from 'zod';
import { createGiveaway } from '../../db/giveaway/create-giveaway.ts';
import { findGiveaway, listGiveaways, type GiveawaySnapshot } from '../../db/giveaway/queries.ts';
import { DomainError } from '../../domain/errors.ts';
import {
  RANDOMNESS_SETTINGS,
  requireRandomness,
  type GiveawayMode,
  type RandomnessSetting,
} from '../../domain/giveaway-modes.ts';
import { CLAIM_MODES, CLAIM_VERIFICATIONS } from '../../domain/official-rules.ts';
import { currency, uuid } from '../http/amounts.ts';
import { defineRoute, type Route } from '../http/define-route.ts';
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
    query: z.object({
      limit: z.coerce.number().int().min(1).max(100).default(20),
      before: z.iso.datetime({ offset: true }).optional(),
    }),
    responses: { 200: { description: 'A page; `next` is the value of `before` for the following one' } },
    handler: async ({ query, principal }) => {
      const page = { limit: query.limit, ...(query.before ? { before: new Date(query.before) } : {}) };
      const found = await listGiveaways(db, principal.userId, page);
      const data = found.map(({ id, title, state, closes_at, failure_code }) => ({
        id,
        title,
        state,
        closesAt: closes_at.toISOString(),
        failureCode: failure_code,
      }));
      const last = found.length === query.limit ? found.at(-1)?.created_at.toISOString() : undefined;
      return { status: 200, body: { data, next: last ?? null } };
    },
  }),
];

const publicRoutes = ({ db }: GiveawayApi): Route[] => [
  defineRoute({
    method: 'get',
    path: '/v1/giveaways/{giveawayId}',
    summary: 'A published giveaway, with the server clock for the countdown',
    auth: 'public',
    params: giveawayId,
    responses: { 200: { description: 'The giveaway' } },
    handler: async ({ params }) => {
      const snapshot = requireGiveaway(await findGiveaway(db, params.giveawayId));
      return { status: 200, body: presentGiveaway(snapshot), headers: { 'cache-control': 'no-cache' } };
    },
  }),
];

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
  const { giveaway, terms, mode, prizeGroups, participantCount, secretHash, commitment, waitsFor, version, now } =
    snapshot;
  return {
    id: giveaway.id,
    title: giveaway.title,
    description: giveaway.description,
    state: giveaway.state,
    failureCode: giveaway.failure_code,
    currency: giveaway.currency,
    opensAt: (giveaway.opened_at ?? giveaway.opens_at)?.toISOString() ?? null,
    closesAt: giveaway.closes_at.toISOString(),
    pausedAt: giveaway.paused_at?.toISOString() ?? null,
    serverTime: now.toISOString(),
    participantCount,
    ...presentTerms(terms),
    ...mode,
    prizeGroups: prizeGroups.map(presentPrizeGroup),
    prizes: (giveaway.prizes ?? []).map((prize) => ({
      id: prize.id,
      position: prize.position,
      groupId: prize.group_id,
      cardId: prize.card_id,
      merchantId: prize.merchant_id,
      amountMinor: prize.face_minor.toString(),
      currency: prize.currency,
    })),
    winners: (giveaway.awards ?? []).map((award) => ({
      awardId: award.id,
      rank: award.rank,
      prizeId: award.prize_id,
      groupId: award.prize?.group_id,
      state: award.state,
    })),
    randomness: giveaway.rules.randomness ?? 'commit_reveal',
    secretHash,
    commitment,
    waitsFor,
    version,
  };
}
