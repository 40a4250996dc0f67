import type { Cause } from '../../domain/cause.ts';
import { callCommand } from '../call-command.ts';
import type { Db } from '../connect.ts';
import type { AwardsProgress } from './claim-award.ts';

/** → FULFILLED: the prize is the winner's. @throws DomainError award_not_found, award_not_claimable. */
export const fulfilAward = (db: Db, awardId: string, cause: Cause): Promise<AwardsProgress> =>
  callCommand<AwardsProgress>(db, 'fulfil_award', { awardId, ...cause });

/** Claims the prizes of winners who need not claim, once they were told. @returns how many; at most the limit. */
export const claimUnasked = (db: Db, limit: number, cause: Cause): Promise<{ claimed: number }> =>
  callCommand(db, 'claim_unasked', { limit, ...cause });

export interface UnfulfilledAward {
  readonly awardId: string;
  readonly cardId: string;
  readonly assigneeId: string;
}

/** Verified awards whose card nobody else brings, the oldest first. */
export const unfulfilledAwards = (db: Db, limit: number): Promise<UnfulfilledAward[]> =>
  callCommand(db, 'unfulfilled_awards', { limit });

/** Of a batch: which awards are fulfilled, and which are tried again after a while. Safe to repeat. */
export const settleFulfilment = (
  db: Db,
  outcome: { fulfilled: readonly string[]; postponed: readonly string[]; againInMs: number },
  cause: Cause,
): Promise<{ fulfilled: number }> => callCommand(db, 'settle_fulfilment', { ...outcome, ...cause });
