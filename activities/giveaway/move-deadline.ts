import type { Database } from '../../db/connect.ts';
import { closeGiveawayEarly, extendGiveaway, type MovedDeadline } from '../../db/giveaway/move-deadline.ts';
import type { MoveDeadlineInput } from '../../workflows/giveaway/contract.ts';

export const moveDeadlineActivities = (db: Database) => ({
  /** Without another time: to now. */
  moveDeadline: (input: MoveDeadlineInput): Promise<MovedDeadline> =>
    input.closesAt === undefined
      ? closeGiveawayEarly(db, input, input)
      : extendGiveaway(db, { ...input, closesAt: new Date(input.closesAt) }, input),
});
