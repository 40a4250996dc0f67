import { heartbeat } from '@temporalio/activity';
import type { Database } from '../../db/connect.ts';
import {
  completeRelease,
  openReleases,
  readRelease,
  releaseEscrow,
  releaseExpired,
} from '../../db/giftcard/release-escrow.ts';
import type { EscrowReleaseView, ReleaseEscrowInput, SweepInput } from '../../workflows/giftcard/contract.ts';

/** In one transaction; each card is locked. */
const CARDS_PER_BATCH = 500;
/** How many one sweep starts, or starts again; the rest is the next one's. */
const RELEASES_PER_SWEEP = 200;

const causeOf = ({ releaseId, requestId }: { releaseId: string; requestId: string }) => ({
  actor: `workflow:release/${releaseId}`,
  requestId,
});

export const releaseEscrowActivities = (db: Database) => ({
  /** The cards leave this book; a release that a sweep has begun is only read. */
  releaseEscrow: async (input: ReleaseEscrowInput): Promise<EscrowReleaseView> => {
    if (input.order) return releaseEscrow(db, { releaseId: input.releaseId, ...input.order }, causeOf(input));
    const begun = await readRelease(db, input.releaseId);
    if (!begun) throw new Error(`There is no release ${input.releaseId}`);
    return begun;
  },

  completeRelease: (input: ReleaseEscrowInput): Promise<EscrowReleaseView> =>
    completeRelease(db, input, causeOf(input)),

  /** Releases what has expired. @returns ids of the releases that are on their way, those of earlier sweeps too. */
  releaseExpired: async (input: SweepInput): Promise<string[]> => {
    for (let cards = CARDS_PER_BATCH; cards === CARDS_PER_BATCH;) {
      ({ cards } = await releaseExpired(db, { limit: CARDS_PER_BATCH }, input));
      heartbeat();
    }
    return openReleases(db, RELEASES_PER_SWEEP);
  },
});
