import { type ConnectionSettings, type CopyConnection, withConnection } from '../../db/copy-rows.ts';
import { RANKS_PER_PAGE, saveRankingPage } from '../../db/giveaway/draw-giveaway.ts';
import { readDrawEntries, readDrawWeights } from '../../db/giveaway/read-draw-entries.ts';
import { EntryTree, type EntrySummary } from '../../domain/draw/entry-tree.ts';
import { copyCommitment, EntryWeights, type WeighedParticipants } from '../../domain/draw/entry-weights.ts';
import { ranksOf, type Ranks } from '../../domain/draw/rankings.ts';
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
  const tree = new EntryTree(drawCrypto);
  const entriesDigest = await withConnection(connection, (client) =>
    readDrawEntries(client, giveawayId, (entry) => tree.add(entry)),
  );
  return { summary: tree.summary(), entriesDigest };
}

type RankTask = Extract<DrawTask, { kind: 'rank' }>;

/** Ranks what was committed to: a ranking of anything else is never saved. */
async function rank(task: RankTask): Promise<Ranked> {
  const { connection, giveawayId, head } = task;
  return withConnection(connection, async (client) => {
    const participants = (await committedWeights(client, task)).participants();
    const ranking = ranksOf(drawCrypto, head.commitment, head.seed, participants);
    // A page is written while the next one is computed.
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
): Promise<EntryWeights> {
  const weights = new EntryWeights();
  const digest = await readDrawWeights(client, giveawayId, (commitment, weight) =>
    weights.addWeight(commitment, weight),
  );
  if (digest === entriesDigest) return weights;
  const [tree, checked] = [new EntryTree(drawCrypto), new EntryWeights()];
  await readDrawEntries(client, giveawayId, (entry) => {
    tree.add(entry);
    checked.add(entry);
  });
  checkTotals(head, tree.totals());
  checkRoot(head, tree.root());
  return checked;
}

const HASH = 32;

function nextPage(ranking: Ranks, participants: WeighedParticipants): Buffer {
  const page = Buffer.alloc(Math.min(RANKS_PER_PAGE, ranking.size - ranking.ranked) * HASH);
  for (let at = 0; at < page.length; at += HASH) copyCommitment(participants, ranking.next(), page, at);
  return page;
}
