import type { Cause } from '../../domain/cause.ts';
import { callCommand } from '../call-command.ts';
import type { Db } from '../connect.ts';
import type { Award } from './claim-award.ts';

/**
 * NOTIFIED or CLAIMED → DECLINED, by the winner; the prize goes to the next rank. Declined before: the same answer again.
 * @throws DomainError award_not_found, award_not_yours, award_claim_expired, award_not_claimable.
 */
export const declineAward = (db: Db, input: { awardId: string; participantId: string }, cause: Cause): Promise<Award> =>
  callCommand<Award>(db, 'decline_award', { ...input, ...cause });
