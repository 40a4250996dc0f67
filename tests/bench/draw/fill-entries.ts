import type pg from 'pg';

/** A frozen giveaway: one entry of each of as many participants, of weight 1, 2 or 3. */
export async function fillEntries(client: pg.Client, giveawayId: string, count: number): Promise<void> {
  await client.query(PARTICIPANTS, [giveawayId, count]);
  await client.query(ENTRIES, [giveawayId, count]);
  await client.query('vacuum (analyze) giveaway_participants');
  await client.query('vacuum (analyze) giveaway_entries');
  await client.query(`update giveaways set state = 'CLOSED', closed_at = now() where id = $1`, [giveawayId]);
}

const PARTICIPANTS = `
insert into giveaway_participants (giveaway_id, participant_id, salt, commitment)
select $1, md5('participant' || i)::uuid, sha256(int8send(i)), sha256(int8send(-i)) from generate_series(1, $2::bigint) i`;

const ENTRIES = `
insert into giveaway_entries (id, giveaway_id, participant_id, method, period, weight, received_at)
select gen_random_uuid(), $1, md5('participant' || i)::uuid, 'direct', 'once', 1 + i % 3,
  date_trunc('milliseconds', clock_timestamp())
from generate_series(1, $2::bigint) i`;
