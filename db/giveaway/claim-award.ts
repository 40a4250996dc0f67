import type { Cause } from '../../domain/cause.ts';
import type { AwardState } from '../../domain/giveaway.ts';
import { callCommand } from '../call-command.ts';
import type { Db } from '../connect.ts';

export interface Award {
  readonly id: string;
  readonly giveawayId: string;
  readonly prizeId: string;
  /** Null where the prize is no gift card. */
  readonly cardId: string | null;
  readonly participantId: string;
  readonly rank: number;
  readonly state: AwardState;
}

export interface ClaimAward {
  readonly awardId: string;
  readonly participantId: string;
  /** Who carries the claim through from here; absent: nobody. */
  readonly workflowId?: string | undefined;
}

/**
 * NOTIFIED → CLAIMED, within the claim window by the database's clock, and → VERIFIED where nobody has to decide first.
 * Claimed before by the same person: the same answer again.
 * @throws DomainError award_not_found, award_not_yours, award_claim_expired, award_not_claimable,
 *   award_address_missing (of a prize that is sent).
 */
export const claimAward = (db: Db, input: ClaimAward, cause: Cause): Promise<Award> =>
  callCommand<Award>(db, 'claim_award', { ...input, ...cause });

export interface AwardsProgress {
  readonly giveawayId: string;
  /** Awards that have not ended, counted up to a hundred; or else prizes that wait until it is known whether the next rank may win. */
  readonly openAwards: number;
  /** Until the next claim window ends; null when none is running. */
  readonly nextExpiryInMs: number | null;
}
