import type { Database } from '../../db/connect.ts';
import {
  claimUnasked,
  fulfilAward,
  settleFulfilment,
  unfulfilledAwards,
  type UnfulfilledAward,
} from '../../db/giveaway/fulfil-award.ts';
import { nameUuid } from '../../domain/ids.ts';
import { sha1 } from '../../runtime/crypto.ts';
import type { ClaimAwardInput, FulfilmentOutcome, SweepInput } from '../../workflows/giveaway/contract.ts';

/**
 * In one transaction on either side. A batch's way to the other domain and back takes a second or more, however many they
 * are; a card takes about a millisecond of the two seconds that a statement has.
 */
const AWARDS_PER_BATCH = 250;
const AGAIN_IN_MS = 15 * 60_000;

export interface FulfilmentBatch {
  /** The same for the same awards, so that a repeat is the same step in the other domain. */
  readonly batchId: string;
  readonly cards: readonly UnfulfilledAward[];
}

export const fulfilAwardActivities = (db: Database) => ({
  fulfilAward: (input: ClaimAwardInput): Promise<{ giveawayId: string; openAwards: number }> =>
    fulfilAward(db, input.awardId, input),

  /** The next awards whose cards are to be handed over; empty when nothing is left to do. */
  nextFulfilment: async (input: SweepInput): Promise<FulfilmentBatch> => {
    await claimUnasked(db, AWARDS_PER_BATCH, input);
    const cards = await unfulfilledAwards(db, AWARDS_PER_BATCH);
    return { batchId: nameUuid(sha1, 'fulfil', ...cards.map(({ awardId }) => awardId)), cards };
  },

  settleFulfilment: (input: FulfilmentOutcome): Promise<{ fulfilled: number }> =>
    settleFulfilment(db, { ...input, againInMs: AGAIN_IN_MS }, input),
});
