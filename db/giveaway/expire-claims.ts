import type { Cause } from '../../domain/cause.ts';
import { callCommand } from '../call-command.ts';
import type { Db } from '../connect.ts';
import type { AwardsProgress } from './claim-award.ts';

/** In one transaction; a promotion and its events go with each. */
export const CLAIMS_PER_BATCH = 200;

/**
 * Ends the claim windows of a giveaway that are over by the database's clock, and the awards of who was disqualified
 * before they were made, at most 200; offers each vacated unit to the next rank that was never offered one. Safe to
 * repeat: when more is due, `nextExpiryInMs` is not positive.
 */
export const expireClaims = (db: Db, giveawayId: string, cause: Cause): Promise<AwardsProgress> =>
  callCommand<AwardsProgress>(db, 'expire_claims', { giveawayId, limit: CLAIMS_PER_BATCH, ...cause });

/** Giveaways with a window that is over, or that wait for nothing any more. */
export const giveawaysWithDueClaims = (db: Db, limit: number): Promise<string[]> =>
  callCommand<string[]>(db, 'giveaways_with_due_claims', { limit });

/**
 * Takes the awards of somebody who was disqualified that are not theirs yet, and promotes. The caller has locked the
 * giveaway.
 * @throws DomainError disqualification_not_possible when all that they were offered is theirs already, and nothing else
 *   can come.
 */
export const vacateAwards = async (
  db: Db,
  input: { giveawayId: string; participantId: string },
  cause: Cause,
): Promise<void> => {
  await callCommand(db, 'vacate_awards', { ...input, ...cause });
};
