import { z } from 'zod';
import { exportEntries } from '../../db/giveaway/export-entries.ts';
import type { Database } from '../../db/connect.ts';
import { uuid } from '../http/amounts.ts';
import { csvReply } from '../http/csv.ts';
import { defineRoute, type Route } from '../http/define-route.ts';
import type { GiveawayApi } from './dependencies.ts';
import { requireOwnGiveaway } from './own-giveaway.ts';

const HEADER = ['entry_id', 'participant_id', 'method', 'period', 'weight', 'reason', 'received_at'];

export const exportEntriesRoute = ({ db }: GiveawayApi): Route =>
  defineRoute({
    method: 'get',
    path: '/v1/giveaways/{giveawayId}/entries.csv',
    summary: 'Every entry of my giveaway as CSV; participants by id, not by name',
    auth: 'giveaway.manage',
    params: z.object({ giveawayId: uuid }),
    responses: { 200: { description: 'CSV, streamed' } },
    handler: async ({ params: { giveawayId }, principal }) => {
      await requireOwnGiveaway(db, giveawayId, principal);
      return csvReply(`entries-${giveawayId}.csv`, HEADER, rows(db, giveawayId));
    },
  });

async function* rows(db: Database, giveawayId: string) {
  for await (const piece of exportEntries(db, giveawayId))
    yield piece.map((entry) => [
      entry.id,
      entry.participantId,
      entry.method,
      entry.period,
      entry.weight,
      entry.reason,
      entry.receivedAt,
    ]);
}
