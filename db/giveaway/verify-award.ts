import type { Cause } from '../../domain/cause.ts';
import { callCommand } from '../call-command.ts';
import type { Db } from '../connect.ts';
import type { Award } from './claim-award.ts';

export interface VerifyAward {
  readonly giveawayId: string;
  readonly awardId: string;
  /** `user:<id>`: the person, also where an API key speaks for them. */
  readonly decidedBy: string;
  readonly byHost: boolean;
}

/**
 * CLAIMED → VERIFIED. A disqualification that was asked for and not approved is rejected with it.
 * @throws DomainError award_not_found, award_not_claimed, second_person_missing.
 */
export const verifyAward = (db: Db, input: VerifyAward, cause: Cause): Promise<Award> =>
  callCommand<Award>(db, 'verify_award', { ...input, ...cause });
