import type pg from 'pg';
import { assignPrizes, awardedRanks } from '../../domain/draw/assign-prizes.ts';
import { InvalidDraw } from '../../domain/draw/invalid-draw.ts';
import type { ProofHead } from '../../domain/proof/proof.ts';
import { parseProofHead } from '../../domain/proof/parse-proof.ts';
import { ProofReader } from '../../domain/proof/proof-reader.ts';
import { awardText, BETWEEN_LISTS, entryText, headLine, LAST_LINE, rankText } from '../../domain/proof/proof-text.ts';
import { drawCrypto } from '../../runtime/draw-crypto.ts';
import type { Db } from '../connect.ts';
import { type ConnectionSettings, withConnection } from '../copy-rows.ts';
import { drawOf, FIRST_DRAW } from './draw-giveaway.ts';
import { readDrawEntries } from './read-draw-entries.ts';

/** @returns a promise to wait for before the next line is written. */
export type WriteLine = (line: string) => void | Promise<void>;

/** Digits of a commitment. */
const HEX = 64;

/**
 * Writes the proof of a draw line by line, from the rows that it is about: nothing of it is kept twice. The rows are read
 * in one snapshot, in which a draw that is done never changes again.
 * @throws Error when the giveaway has not been drawn.
 */
export async function writeProof(connection: ConnectionSettings, giveawayId: string, write: WriteLine): Promise<void> {
  await withConnection(connection, async (client) => {
    await client.query('begin isolation level repeatable read read only');
    const head = await readHead(client, giveawayId);
    await write(headLine(head));
    await writeList(async (line) => {
      await readDrawEntries(client, giveawayId, (entry) => line(entryText(entry)));
    }, write);
    await write(BETWEEN_LISTS.ranking);
    const rankedCount = await readRankedCount(client, giveawayId);
    const awarded = new Map(awardedRanks(head.commitment, rankedCount).map(({ rank }) => [rank, '']));
    let rank = 0;
    await writeList(async (line) => {
      for await (const page of readRanking(client, giveawayId)) {
        for (const participant of page) {
          rank += 1;
          if (awarded.has(rank)) awarded.set(rank, participant);
          await line(rankText(participant));
        }
      }
    }, write);
    await write(BETWEEN_LISTS.awards);
    await writeList(async (line) => {
      const participantAt = (at: number): string => awarded.get(at) as string;
      for (const award of assignPrizes(head.commitment, rankedCount, participantAt)) await line(awardText(award));
    }, write);
    await write(LAST_LINE);
  });
}

/** Writes each line when the next one is known: all but the last have a comma. */
export async function writeList(read: (line: WriteLine) => Promise<void>, write: WriteLine): Promise<void> {
  let held: string | undefined;
  await read((line) => {
    const before = held;
    held = line;
    return before === undefined ? undefined : write(`${before},`);
  });
  if (held !== undefined) await write(held);
}

/** The head of a draw's proof; undefined before it is drawn. */
export async function findProofHead(db: Db, giveawayId: string): Promise<ProofHead | undefined> {
  const row = await drawOf(db, giveawayId).whereNotNull('drawn_at').first<{ proof_head: unknown }>('proof_head');
  return row && parseProofHead(row.proof_head);
}

async function readHead(client: pg.Client, giveawayId: string): Promise<ProofHead> {
  const { rows } = await client.query<{ proof_head: unknown }>(
    'select proof_head from giveaway_draws where giveaway_id = $1 and draw_number = $2 and drawn_at is not null',
    [giveawayId, FIRST_DRAW],
  );
  if (!rows[0]) throw new Error(`Giveaway ${giveawayId} has not been drawn`);
  return parseProofHead(rows[0].proof_head);
}

async function readRankedCount(client: pg.Client, giveawayId: string): Promise<number> {
  const { rows } = await client.query<{ ranked: number }>(
    `select coalesce(sum(octet_length(commitments) / 32), 0)::int as ranked from giveaway_ranking_pages
     where giveaway_id = $1 and draw_number = $2`,
    [giveawayId, FIRST_DRAW],
  );
  return rows[0]?.ranked ?? 0;
}

/** Commitments in hex, page by page. */
async function* readRanking(client: pg.Client, giveawayId: string): AsyncGenerator<string[]> {
  for (let after = 0; ;) {
    const { rows } = await client.query<{ first_rank: number; hex: string }>(
      `select first_rank, encode(commitments, 'hex') as hex from giveaway_ranking_pages
       where giveaway_id = $1 and draw_number = $2 and first_rank > $3 order by first_rank limit 1`,
      [giveawayId, FIRST_DRAW, after],
    );
    const [page] = rows;
    if (!page) return;
    yield Array.from({ length: page.hex.length / HEX }, (_, index) => page.hex.slice(index * HEX, (index + 1) * HEX));
    after = page.first_rank;
  }
}

/** Whether the proof that is served verifies. */
export async function verifyStoredProof(connection: ConnectionSettings, giveawayId: string): Promise<boolean> {
  const reader = new ProofReader(drawCrypto, {});
  try {
    await writeProof(connection, giveawayId, (line) => reader.read(line));
    reader.end();
    return true;
  } catch (error) {
    if (error instanceof InvalidDraw) return false;
    throw error;
  }
}
