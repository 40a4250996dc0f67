import { z } from 'zod';
import { exportWinners, listWinners, type Winner } from '../../db/giveaway/export-winners.ts';
import { findNames } from '../../db/identity/users.ts';
import type { Database } from '../../db/connect.ts';
import { AWARD_STATES } from '../../domain/giveaway.ts';
import { uuid } from '../http/amounts.ts';
import { csvReply } from '../http/csv.ts';
import { defineRoute, type Route } from '../http/define-route.ts';
import type { GiveawayApi } from './dependencies.ts';
import { requireOwnGiveaway } from './own-giveaway.ts';

const params = z.object({ giveawayId: uuid });
const HEADER = [
  'rank',
  'prize',
  'state',
  'name',
  'participant_id',
  'amount_minor',
  'currency',
  'reason',
  'notified_at',
  'claim_expires_at',
  'claimed_at',
  'verified_at',
  'fulfilled_at',
  'award_id',
];

export const exportWinnersRoutes = ({ db }: GiveawayApi): Route[] => [
  defineRoute({
    method: 'get',
    path: '/v1/giveaways/{giveawayId}/winners',
    summary: 'Everybody who was offered a prize of my giveaway, by rank, and how far they have come',
    auth: 'giveaway.manage',
    params,
    query: z.object({
      state: z.enum(AWARD_STATES).optional(),
      limit: z.coerce.number().int().min(1).max(500).default(100),
      after: z.coerce.number().int().min(0).optional(),
    }),
    responses: { 200: { description: 'A page; `next` is the value of `after` for the following one' } },
    handler: async ({ params: { giveawayId }, query, principal }) => {
      await requireOwnGiveaway(db, giveawayId, principal);
      const found = await listWinners(db, giveawayId, { ...query, limit: query.limit + 1 });
      const page = found.slice(0, query.limit);
      const next = found.length > query.limit ? String(page.at(-1)?.rank) : null;
      return { status: 200, body: { data: await named(db, page), next } };
    },
  }),
  defineRoute({
    method: 'get',
    path: '/v1/giveaways/{giveawayId}/winners.csv',
    summary: 'The same as CSV, all of it',
    auth: 'giveaway.manage',
    params,
    responses: { 200: { description: 'CSV, streamed' } },
    handler: async ({ params: { giveawayId }, principal }) => {
      await requireOwnGiveaway(db, giveawayId, principal);
      return csvReply(`winners-${giveawayId}.csv`, HEADER, rows(db, giveawayId));
    },
  }),
];

async function* rows(db: Database, giveawayId: string) {
  for await (const piece of exportWinners(db, giveawayId)) yield (await named(db, piece)).map(rowOf);
}

interface NamedWinner extends Omit<Winner, 'amountMinor'> {
  readonly amountMinor: string | null;
  /** As they call themselves; null when they are gone. */
  readonly name: string | null;
}

async function named(db: Database, winners: readonly Winner[]): Promise<NamedWinner[]> {
  const names = await findNames(
    db,
    winners.map(({ participantId }) => participantId),
  );
  return winners.map((winner) => ({
    ...winner,
    amountMinor: winner.amountMinor?.toString() ?? null,
    name: names.get(winner.participantId) ?? null,
  }));
}

const rowOf = (winner: NamedWinner) => [
  winner.rank,
  winner.prizePosition,
  winner.state,
  winner.name,
  winner.participantId,
  winner.amountMinor,
  winner.currency,
  winner.reason,
  winner.notifiedAt,
  winner.claimExpiresAt,
  winner.claimedAt,
  winner.verifiedAt,
  winner.fulfilledAt,
  winner.awardId,
];
