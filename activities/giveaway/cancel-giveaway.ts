import type { Database } from '../../db/connect.ts';
import { cancelGiveaway, leftOverPrizes, noteRelease } from '../../db/giveaway/cancel-giveaway.ts';
import { nameUuid } from '../../domain/ids.ts';
import { sha1 } from '../../runtime/crypto.ts';
import type { CancelGiveawayInput, RunGiveawayInput } from '../../workflows/giveaway/contract.ts';

/** What goes to the giftcard domain in one piece. */
const CARDS_PER_RELEASE = 500;

export interface PrizeRelease {
  readonly releaseId: string;
  readonly order: {
    readonly hostId: string;
    readonly currency: string;
    readonly giveawayId: string;
    readonly reason: 'cancelled' | 'unassigned';
    readonly cardIds: readonly string[];
  };
}

export const cancelGiveawayActivities = (db: Database) => ({
  cancelGiveaway: (input: CancelGiveawayInput): Promise<void> => cancelGiveaway(db, input, input),

  /** All of a cancelled giveaway's prizes are on their way back. */
  noteRelease: ({ giveawayId }: RunGiveawayInput): Promise<void> => noteRelease(db, giveawayId),

  /** The prizes that go back to the host, in pieces; the same pieces in every attempt. */
  planRelease: async ({ giveawayId }: RunGiveawayInput): Promise<PrizeRelease[]> => {
    const { cardIds, ...left } = await leftOverPrizes(db, giveawayId);
    const pieces = Array.from({ length: Math.ceil(cardIds.length / CARDS_PER_RELEASE) }, (_, index) =>
      cardIds.slice(index * CARDS_PER_RELEASE, (index + 1) * CARDS_PER_RELEASE),
    );
    return pieces.map((piece, index) => ({
      releaseId: nameUuid(sha1, 'release', giveawayId, left.reason, String(index)),
      order: { ...left, giveawayId, cardIds: piece },
    }));
  },
});
