import { type ConnectionSettings, withConnection } from '../../db/copy-rows.ts';
import { RANKS_PER_PAGE, saveRankingPage } from '../../db/giveaway/draw-giveaway.ts';
import { readDrawEntries } from '../../db/giveaway/read-draw-entries.ts';
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
    };

export interface Ranked {
  readonly rankedCount: number;
}

serveThread((task: DrawTask): Promise<EntrySummary | Ranked> =>
  task.kind === 'summarize' ? summarize(task) : rank(task),
);

async function summarize({ connection, giveawayId }: DrawTask): Promise<EntrySummary> {
  const tree = new EntryTree(drawCrypto);
  await withConnection(connection, (client) => readDrawEntries(client, giveawayId, (entry) => tree.add(entry)));
  return tree.summary();
}

/**
 * Ranks what was committed to. The entries are hashed once more: a ranking of anything else is never saved.
 * @throws InvalidDraw when the entries are not those of the commitment.
 */
async function rank({ connection, giveawayId, head }: Extract<DrawTask, { kind: 'rank' }>): Promise<Ranked> {
  const tree = new EntryTree(drawCrypto);
  const weights = new EntryWeights();
  return withConnection(connection, async (client) => {
    await readDrawEntries(client, giveawayId, (entry) => {
      tree.add(entry);
      weights.add(entry);
    });
    checkTotals(head, tree.totals());
    checkRoot(head, tree.root());
    const participants = weights.participants();
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

const HASH = 32;

function nextPage(ranking: Ranks, participants: WeighedParticipants): Buffer {
  const page = Buffer.alloc(Math.min(RANKS_PER_PAGE, ranking.size - ranking.ranked) * HASH);
  for (let at = 0; at < page.length; at += HASH) copyCommitment(participants, ranking.next(), page, at);
  return page;
}
