import type { Database } from '../../db/connect.ts';
import { scoreSignals } from '../../db/giveaway/review-participants.ts';
import type { Cause } from '../../domain/cause.ts';
import type { SweepInput } from '../../workflows/giveaway/contract.ts';

const SIGNALS_PER_BATCH = 500;

export const reviewParticipantsActivities = ({ db, heartbeat }: { db: Database; heartbeat: () => void }) => ({
  /** Looks for what new entrants have in common with others; asks a person where it is much. */
  scoreSignals: (input: SweepInput): Promise<void> => scoreAll(db, input, heartbeat),
});

/** Until none is left: of one giveaway, or of all. */
export async function scoreAll(
  db: Database,
  { giveawayId, ...cause }: Cause & { giveawayId?: string },
  heartbeat: () => void = () => {},
): Promise<void> {
  const wanted = { limit: SIGNALS_PER_BATCH, ...(giveawayId === undefined ? {} : { giveawayId }) };
  for (let found = SIGNALS_PER_BATCH; found === SIGNALS_PER_BATCH; heartbeat()) {
    found = (await scoreSignals(db, wanted, cause)).signals;
  }
}
