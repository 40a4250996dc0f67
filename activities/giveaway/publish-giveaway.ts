import type { Database } from '../../db/connect.ts';
import { beginPublish, completePublish, failPublish, planPublish } from '../../db/giveaway/publish-giveaway.ts';
import type { PublishGiveawayInput } from '../../workflows/giveaway/contract.ts';

export interface PublishPlanView {
  readonly currency: string;
  readonly grossMinor: string;
  readonly cards: readonly {
    readonly cardId: string;
    readonly merchantId: string;
    readonly catalogueItemId: string;
    readonly faceMinor: string;
  }[];
}

export const publishGiveawayActivities = (db: Database) => ({
  /** Reads what is to be paid for; refuses what cannot be published, and changes nothing. */
  planPublish: async (input: PublishGiveawayInput): Promise<PublishPlanView> => {
    const plan = await planPublish(db, input);
    return {
      currency: plan.currency,
      grossMinor: plan.grossMinor.toString(),
      cards: plan.prizes.map((prize) => ({ ...prize, faceMinor: prize.faceMinor.toString() })),
    };
  },
  beginPublish: (input: PublishGiveawayInput): Promise<void> => beginPublish(db, input, input),
  completePublish: (input: PublishGiveawayInput & { merchantOwnerIds?: readonly string[] }): Promise<void> =>
    completePublish(db, { ...input, merchantOwnerIds: input.merchantOwnerIds ?? [] }, input),
  failPublish: (input: PublishGiveawayInput & { failureCode: string }): Promise<void> => failPublish(db, input, input),
});
