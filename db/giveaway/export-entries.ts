import type { Db } from '../connect.ts';

export interface ExportedEntry {
  readonly id: string;
  readonly participantId: string;
  readonly method: string;
  readonly period: string;
  readonly weight: number;
  readonly reason: string;
  readonly receivedAt: Date;
}

const PIECE = 1_000;

/** Every entry of a giveaway in the order of the ids, in pieces: by participant's id, which names nobody. */
export async function* exportEntries(db: Db, giveawayId: string): AsyncGenerator<ExportedEntry[]> {
  for (let after = '00000000-0000-0000-0000-000000000000'; ;) {
    const rows = await db('giveaway_entries')
      .where({ giveaway_id: giveawayId })
      .andWhere('id', '>', after)
      .orderBy('id')
      .limit(PIECE)
      .select<ExportedEntry[]>('id', 'method', 'period', 'weight', 'reason', {
        participantId: 'participant_id',
        receivedAt: 'received_at',
      });
    const last = rows.at(-1);
    if (!last) return;
    yield rows;
    after = last.id;
  }
}
