import { hash } from 'node:crypto';
import type pg from 'pg';
import { entryBytes } from '../../../domain/draw/entry-leaf.ts';

/** What no draw can do without, in seconds. */
export interface Floors {
  readonly readSeconds: number;
  readonly hashSeconds: number;
}

interface EntryRow {
  readonly id: string;
  readonly commitment: Buffer;
  readonly weight: number;
  readonly reason: string;
  readonly received_at: Date;
}

const BATCH = 5_000;

/** Reads every row of the draw once, in order, by a plain cursor, planned for all of them; then hashes every leaf once. */
export async function measureFloors(client: pg.Client, giveawayId: string): Promise<Floors> {
  const leaves: Uint8Array[] = [];
  await client.query('begin');
  await client.query(`set local cursor_tuple_fraction = 1`);
  await client.query(`set local work_mem = '64MB'`);
  await client.query(
    `declare entries cursor for
     select e.id, p.commitment, e.weight, e.reason, e.received_at
     from giveaway_entries e join giveaway_participants p using (giveaway_id, participant_id)
     where e.giveaway_id = '${giveawayId}' order by e.id`,
  );
  let readSeconds = 0;
  for (;;) {
    const startedAt = performance.now();
    const { rows } = await client.query<EntryRow>(`fetch ${BATCH} from entries`);
    readSeconds += (performance.now() - startedAt) / 1_000;
    if (rows.length === 0) break;
    for (const row of rows) leaves.push(leafOf(row));
  }
  await client.query('commit');
  const hashAt = performance.now();
  for (const leaf of leaves) hash('sha256', leaf, 'buffer');
  return { readSeconds, hashSeconds: (performance.now() - hashAt) / 1_000 };
}

/** The bytes of the entry's leaf, made beforehand: the floor is the hash alone. */
const leafOf = ({ id, commitment, weight, reason, received_at: receivedAt }: EntryRow): Uint8Array =>
  Buffer.concat([
    Buffer.of(0),
    entryBytes({
      entryId: id,
      participant: commitment.toString('hex'),
      weight,
      reason,
      receivedAt: receivedAt.toISOString(),
    }),
  ]);
