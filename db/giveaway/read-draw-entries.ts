import pg from 'pg';
import { type DrawEntry, ELIGIBLE } from '../../domain/draw/entry.ts';
import { type EntryRow, UUID_BYTES } from '../../domain/draw/entry-row.ts';
import { isoInstant } from '../../runtime/iso-instant.ts';
import { RunningDigest } from '../../runtime/running-digest.ts';
import { type CopiedRow, copyRows, type TakeRow } from '../copy-rows.ts';

/**
 * Every receipted entry of a giveaway in the order of the ids, one at a time. Where `take` returns a promise nothing more
 * is read until it is kept.
 * @returns a digest of all of it, in hex: as long as nothing has changed it comes out the same again.
 */
export const readDrawEntries = (
  client: pg.Client,
  giveawayId: string,
  take: (entry: DrawEntry) => void | Promise<void>,
): Promise<string> => readRows(client, giveawayId, (row) => take(toEntry(row)));

/**
 * The same, in the bytes of the rows: for who only hashes and weighs them. What `take` is given is good until it returns.
 */
export function readDrawRows(client: pg.Client, giveawayId: string, take: (entry: EntryRow) => void): Promise<string> {
  const entry = new RowOfEntry();
  return readRows(client, giveawayId, (row) => {
    entry.read(row);
    take(entry);
  });
}

async function readRows(client: pg.Client, giveawayId: string, take: TakeRow): Promise<string> {
  const digest = new RunningDigest();
  // All rows are wanted, and sorted: with the usual few megabytes the database would sort them on its disk.
  await client.query(`set work_mem = '64MB'`);
  await copyRows(client, ENTRIES.replace(':giveawayId', pg.escapeLiteral(giveawayId)), (row) => {
    digest.add(row.sent());
    return take(row);
  });
  return digest.hex();
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
  const receivedAt = isoInstant(row.epochMs());
  return { entryId, participant, weight: reason === ELIGIBLE ? weight : 0, reason, receivedAt };
}

const COMMITMENT_BYTES = 32;

/** One object for all rows. */
class RowOfEntry implements EntryRow {
  bytes: Uint8Array = new Uint8Array();
  idAt = 0;
  participantAt = 0;
  weight = 0;
  reason = '';
  receivedAtMs = 0;

  read(row: CopiedRow): void {
    this.bytes = row.source;
    this.idAt = row.place(UUID_BYTES);
    this.participantAt = row.place(COMMITMENT_BYTES);
    const weight = row.int32();
    this.reason = row.repeatedText();
    this.weight = this.reason === ELIGIBLE ? weight : 0;
    this.receivedAtMs = row.epochMs();
  }
}
