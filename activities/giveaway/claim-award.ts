import { activityInfo } from '@temporalio/activity';
import type { Database } from '../../db/connect.ts';
import { claimAward, expireAwards, fulfilAward, type AwardsProgress } from '../../db/giveaway/claim-award.ts';
import type { ClaimAwardInput, ClaimedAward, RunGiveawayInput } from '../../workflows/giveaway/contract.ts';

export const claimAwardActivities = (db: Database) => ({
  claimAward: async (input: ClaimAwardInput): Promise<ClaimedAward> => {
    const { workflowId } = activityInfo().workflowExecution ?? {};
    const award = await claimAward(db, { ...input, workflowId }, input);
    return { awardId: award.id, giveawayId: award.giveawayId, cardId: award.cardId, state: award.state };
  },

  fulfilAward: (input: ClaimAwardInput): Promise<{ giveawayId: string; openAwards: number }> =>
    fulfilAward(db, input.awardId, input),

  expireAwards: (input: RunGiveawayInput): Promise<AwardsProgress> => expireAwards(db, input.giveawayId, input),
});
