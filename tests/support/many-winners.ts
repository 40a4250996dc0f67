import pg from 'pg';
import { waitFor } from '../../scripts/demo/watch.ts';
import { expectStatus } from '../../scripts/stack/http-client.ts';
import type { ModeScene } from './modes.ts';

/** How long each part of a giveaway took, in seconds. */
export interface Stages {
  /** From the draft until every prize lies in escrow. */
  readonly publish: number;
  /** From the end of entry until every winner has an award. */
  readonly draw: number;
  /** Until every winner was told and has the prize. */
  readonly fulfil: number;
}

/**
 * A giveaway with as many winners as participants, of whom nobody has to claim: drafted, published, entered (by rows: that
 * is not what is looked at), drawn, told by mail and fulfilled, until it is over.
 */
export async function awardMany(
  scene: ModeScene,
  databaseUrl: string,
  count: number,
): Promise<{ giveawayId: string; seconds: Stages }> {
  const startedAt = performance.now();
  const giveawayId = await scene.open({
    claims: 'automatic',
    drawBy: 'either',
    closesAt: new Date(Date.now() + 24 * 3_600_000).toISOString(),
    prizes: [scene.prize('Card', count)],
  });
  const publishedAt = performance.now();
  await enterByRows(databaseUrl, giveawayId, count);
  const enteredAt = performance.now();
  // By hand: an early close would change the rules, and tell every entrant.
  expectStatus(await scene.giveaways('POST', `/v1/giveaways/${giveawayId}/draw`, { token: scene.host.token }), 202);
  const reached = async (states: readonly string[]): Promise<boolean> =>
    states.includes((await scene.read(giveawayId)).state);
  await waitFor('the draw', () => reached(['FULFILLING', 'COMPLETED']), PATIENCE_MS);
  const drawnAt = performance.now();
  await waitFor('every winner to have the prize', () => reached(['COMPLETED']), PATIENCE_MS);
  return {
    giveawayId,
    seconds: {
      publish: (publishedAt - startedAt) / 1_000,
      draw: (drawnAt - enteredAt) / 1_000,
      fulfil: (performance.now() - drawnAt) / 1_000,
    },
  };
}

const PATIENCE_MS = 900_000;

async function enterByRows(connectionString: string, giveawayId: string, count: number): Promise<void> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    for (const statement of [USERS, PARTICIPANTS, ENTRIES]) await client.query(statement, [giveawayId, count]);
    for (const table of ['users', 'giveaway_participants', 'giveaway_entries'])
      await client.query(`vacuum (analyze) ${table}`);
  } finally {
    await client.end();
  }
}

const PERSON = `md5($1 || 'person' || i)::uuid`;

const USERS = `
insert into users (id, email, password_hash, display_name, roles)
select ${PERSON}, 'winner-' || i || '@' || left($1, 8) || '.example.com', 'none', 'Winner ' || i, array['participant']
from generate_series(1, $2::bigint) i`;

const PARTICIPANTS = `
insert into giveaway_participants (giveaway_id, participant_id, salt, commitment)
select $1::text::uuid, ${PERSON}, sha256(int8send(i)), sha256(convert_to($1 || i, 'UTF8')) from generate_series(1, $2::bigint) i`;

const ENTRIES = `
insert into giveaway_entries (id, giveaway_id, participant_id, method, period, weight, received_at)
select gen_random_uuid(), $1::text::uuid, ${PERSON}, 'direct', 'once', 1, date_trunc('milliseconds', clock_timestamp())
from generate_series(1, $2::bigint) i`;
