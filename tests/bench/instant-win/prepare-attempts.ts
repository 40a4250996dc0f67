import { randomBytes } from 'node:crypto';
import type { Database } from '../../../db/connect.ts';
import { loadConfig } from '../../../runtime/config.ts';
import { createSecretBox } from '../../../runtime/secret-box.ts';
import type { Stack } from '../../../scripts/stack/stack.ts';
import { prizeUnits } from '../../support/draws.ts';
import { openBenchGiveaway } from '../entries/open-giveaway.ts';
import { withClient, withDatabase } from '../harness/databases.ts';
import { tokenIssuer } from '../harness/issue-tokens.ts';

export interface ReadyAttempt {
  readonly path: string;
  /** Where whoever is about to try looks at their entries. */
  readonly minePath: string;
  readonly token: string;
  readonly body: { readonly clientNonce: string };
}

const UNITS = 1_000;
/** So rarely that the units last. */
const ODDS_PER_MILLION = 10_000;

/** An open instant win, and as many entries of as many people, each with a token. @returns its id too. */
export async function prepareAttempts(
  stack: Stack,
  count: number,
): Promise<{ giveawayId: string; attempts: ReadyAttempt[] }> {
  const databaseUrl = stack.environment['DATABASE_URL_GIVEAWAY'] ?? '';
  const giveawayId = await withDatabase(databaseUrl, 1, (db: Database) =>
    openBenchGiveaway(db, createSecretBox(loadConfig(['draws'], stack.environment).DRAW_SECRET_KEYS), {
      mode: { mode: 'instant_win', instantWin: { by: 'odds', oddsPerMillion: ODDS_PER_MILLION } },
      prizes: prizeUnits({ Card: UNITS }),
    }),
  );
  const entries = await withClient(databaseUrl, async (client) => {
    await client.query(PARTICIPANTS, [giveawayId, count]);
    const { rows } = await client.query<{ id: string; participant_id: string }>(ENTRIES, [giveawayId]);
    await client.query('vacuum (analyze) giveaway_entries, giveaway_participants');
    return rows;
  });
  const issue = await tokenIssuer(stack);
  const attempts: ReadyAttempt[] = [];
  for (const { id, participant_id: participantId } of entries) {
    attempts.push({
      path: `/v1/giveaways/${giveawayId}/entries/${id}/instant-win`,
      minePath: `/v1/giveaways/${giveawayId}/entries/mine`,
      token: await issue(participantId, 'participant'),
      body: { clientNonce: randomBytes(32).toString('hex') },
    });
  }
  return { giveawayId, attempts };
}

const PARTICIPANTS = `
insert into giveaway_participants (giveaway_id, participant_id, salt, commitment)
select $1, gen_random_uuid(), sha256(int8send(i)), sha256(int8send(-i)) from generate_series(1, $2::bigint) i`;

const ENTRIES = `
insert into giveaway_entries (id, giveaway_id, participant_id, method, period, weight, received_at)
select gen_random_uuid(), p.giveaway_id, p.participant_id, 'direct', 'once', 1, date_trunc('milliseconds', clock_timestamp())
from giveaway_participants p where p.giveaway_id = $1 returning id, participant_id`;
