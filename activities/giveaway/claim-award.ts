import { activityInfo } from '@temporalio/activity';
import type { Database } from '../../db/connect.ts';
import { claimAward, type AwardsProgress } from '../../db/giveaway/claim-award.ts';
import { expireClaims } from '../../db/giveaway/expire-claims.ts';
import type { ClaimAwardInput, ClaimedAward, RunGiveawayInput } from '../../workflows/giveaway/contract.ts';

export const claimAwardActivities = (db: Database) => ({
  claimAward: async (input: ClaimAwardInput): Promise<ClaimedAward> => {
    const { workflowId } = activityInfo().workflowExecution ?? {};
    const { id: awardId, giveawayId, cardId, state } = await claimAward(db, { ...input, workflowId }, input);
    return { awardId, giveawayId, cardId, state, waits: state === 'CLAIMED' };
  },

  expireAwards: (input: RunGiveawayInput): Promise<AwardsProgress> => expireClaims(db, input.giveawayId, input),
});
