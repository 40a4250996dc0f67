import type { Database } from '../../db/connect.ts';
import { requestDraw } from '../../db/giveaway/draw-by-hand.ts';
import type { DrawByHandInput } from '../../workflows/giveaway/contract.ts';

export const drawByHandActivities = (db: Database) => ({
  requestDraw: (input: DrawByHandInput): Promise<void> => requestDraw(db, input.giveawayId, input),
});
