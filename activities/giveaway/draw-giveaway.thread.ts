import { setImmediate } from 'node:timers/promises';
import { type ConnectionSettings, type CopyConnection, withConnection } from '../../db/copy-rows.ts';
import { RANKS_PER_PAGE, saveRankingPage } from '../../db/giveaway/draw-giveaway.ts';
import { readDrawRows } from '../../db/giveaway/read-draw-entries.ts';
import { EntryRowTree } from '../../domain/draw/entry-row-tree.ts';
import type { EntrySummary } from '../../domain/draw/entry-tree.ts';
import { copyCommitment, EntryWeights, type WeighedParticipants } from '../../domain/draw/entry-weights.ts';
import type { RandomNumbers } from '../../domain/draw/random-numbers.ts';
import { firstNumbers, ranksOf, type Ranks } from '../../domain/draw/rankings.ts';
import type { ProofHead } from '../../domain/proof/proof.ts';
import { checkRoot, checkTotals } from '../../domain/proof/proof-checks.ts';
import { drawCrypto } from '../../runtime/draw-crypto.ts';
import { serveThread } from '../../runtime/run-in-thread.ts';

/** The two long steps of a draw, which read every entry: in a thread, on a connection of its own. */
export type DrawTask =
  | { readonly kind: 'summarize'; readonly connection: ConnectionSettings; readonly giveawayId: string }
  | {
      readonly kind: 'rank';
      readonly connection: ConnectionSettings;
      readonly giveawayId: string;
      readonly head: ProofHead;
      /** Of the entries that were committed to; null where the commitment is older than digests. */
      readonly entriesDigest: string | null;
    };

export interface Summarized {
  readonly summary: EntrySummary;
  readonly entriesDigest: string;
}

export interface Ranked {
  readonly rankedCount: number;
}

serveThread((task: DrawTask): Promise<Summarized | Ranked> =>
  task.kind === 'summarize' ? summarize(task) : rank(task),
);

async function summarize({ connection, giveawayId }: DrawTask): Promise<Summarized> {
  const tree = new EntryRowTree(drawCrypto);
  const entriesDigest = await withConnection(connection, (client) =>
    readDrawRows(client, giveawayId, (entry) => tree.add(entry)),
  );
  return { summary: tree.summary(), entriesDigest };
}

type RankTask = Extract<DrawTask, { kind: 'rank' }>;

/** Ranks what was committed to: a ranking of anything else is never saved. */
async function rank(task: RankTask): Promise<Ranked> {
  const { connection, giveawayId, head } = task;
  return withConnection(connection, async (client) => {
    const numbers = firstNumbers(drawCrypto, head.commitment, head.seed);
    const participants = (await committedWeights(client, task, numbers)).participants();
    const ranking = ranksOf(drawCrypto, head.commitment, head.seed, participants, numbers);
    // A page is written while the next one is computed. The disk is waited for once, when the draw itself is saved: that
    // counts the ranks, and commits what came before with it.
    await client.query('set synchronous_commit = off');
    let writing = Promise.resolve();
    for (let firstRank = 1; firstRank <= ranking.size; firstRank += RANKS_PER_PAGE) {
      const commitments = nextPage(ranking, participants);
      await writing;
      writing = saveRankingPage(client, { giveawayId, firstRank, commitments });
    }
    await writing;
    return { rankedCount: ranking.size };
  });
}

/**
 * The weights of the entries. That they are those of the commitment their digest says; where it does not, they are
 * hashed into a tree once more, and its root decides.
 * @throws InvalidDraw when the entries are not those of the commitment.
 */
async function committedWeights(
  client: CopyConnection,
  { giveawayId, head, entriesDigest }: RankTask,
  numbers: RandomNumbers | undefined,
): Promise<EntryWeights> {
  const weights = new EntryWeights();
  let begun = false;
  const reading = readDrawRows(client, giveawayId, (entry) => {
    begun = true;
    weights.addRow(entry);
  });
  const most = Math.min(head.commitment.entryCount, MAX_PREPARED);
  const preparing = numbers && prepareNumbers(numbers, most, () => begun);
  const [digest] = await Promise.all([reading, preparing]);
  if (digest === entriesDigest) return weights;
  const [tree, checked] = [new EntryRowTree(drawCrypto), new EntryWeights()];
  await readDrawRows(client, giveawayId, (entry) => {
    tree.add(entry);
    checked.addRow(entry);
  });
  checkTotals(head, tree.totals());
  checkRoot(head, tree.root());
  return checked;
}

/** Eight mebibytes of numbers, whatever the size of the draw. */
const MAX_PREPARED = 2 ** 20;
/** Computed in about a millisecond. */
const PREPARED_AT_ONCE = 1_024;

/** Prepares numbers until the first row comes: the database sorts before it sends. */
async function prepareNumbers(numbers: RandomNumbers, most: number, isOver: () => boolean): Promise<void> {
  while (!isOver() && numbers.prepare(PREPARED_AT_ONCE, most) < most) await setImmediate();
}

const HASH = 32;

function nextPage(ranking: Ranks, participants: WeighedParticipants): Buffer {
  const page = Buffer.alloc(Math.min(RANKS_PER_PAGE, ranking.size - ranking.ranked) * HASH);
  for (let at = 0; at < page.length; at += HASH) copyCommitment(participants, ranking.next(), page, at);
  return page;
}
