import pg from 'pg';
import { type DrawEntry, ELIGIBLE } from '../../domain/draw/entry.ts';
import { type CopiedRow, copyRows } from '../copy-rows.ts';

/**
 * Every receipted entry of a giveaway in the order of the ids, one at a time. Where `take` returns a promise nothing more
 * is read until it is kept.
 */
export async function readDrawEntries(
  client: pg.Client,
  giveawayId: string,
  take: (entry: DrawEntry) => void | Promise<void>,
): Promise<void> {
  // All rows are wanted, and sorted: with the usual few megabytes the database would sort them on its disk.
  await client.query(`set work_mem = '64MB'`);
  await copyRows(client, ENTRIES.replace(':giveawayId', pg.escapeLiteral(giveawayId)), (row) => take(toEntry(row)));
}

const ENTRIES = `
select e.id, p.commitment, e.weight, e.reason, e.received_at
from giveaway_entries e join giveaway_participants p using (giveaway_id, participant_id)
where e.giveaway_id = :giveawayId order by e.id`;

function toEntry(row: CopiedRow): DrawEntry {
  const entryId = row.uuid();
  const participant = row.hex();
  const weight = row.int32();
  const reason = row.text();
  const receivedAt = new Date(row.epochMs()).toISOString();
  return { entryId, participant, weight: reason === ELIGIBLE ? weight : 0, reason, receivedAt };
}
