import { callCommand } from '../call-command.ts';
import type { Db } from '../connect.ts';

const PARTICIPANTS_PER_BATCH = 2_000;

/** The next participants of a frozen giveaway; begin with ''. @returns where to go on, null at the end. */
export const settleEligibility = (
  db: Db,
  input: { giveawayId: string; after: string },
): Promise<{ next: string | null }> =>
  callCommand(db, 'settle_eligibility', { ...input, limit: PARTICIPANTS_PER_BATCH });
