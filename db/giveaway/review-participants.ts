import type { Cause } from '../../domain/cause.ts';
import { callCommand } from '../call-command.ts';
import type { Db } from '../connect.ts';

export interface Review {
  readonly participantId: string;
  readonly state: 'PENDING' | 'CLEARED' | 'DISQUALIFIED';
  readonly score: number;
  /** By kind, how many others share it; at most 100 are counted. */
  readonly signals: Readonly<Record<string, number>>;
  readonly reason: string | null;
  readonly decidedBy: string | null;
}

/** Looks at signals that nobody has looked at, of one giveaway or of all. @returns how many these were. */
export const scoreSignals = (
  db: Db,
  input: { giveawayId?: string; limit: number },
  cause: Cause,
): Promise<{ signals: number }> => callCommand(db, 'score_signals', { ...input, ...cause });

/** @throws DomainError review_not_found, review_decided (otherwise), giveaway_closed (frozen). */
export const decideReview = (
  db: Db,
  input: { giveawayId: string; participantId: string; decision: 'CLEARED' | 'DISQUALIFIED'; reason: string },
  cause: Cause,
): Promise<Review> => callCommand(db, 'decide_review', { ...input, ...cause });

export interface Exclusion {
  readonly participantId: string;
  readonly code: 'merchant_excluded' | 'blocked';
  readonly reason: string;
}

/** The first exclusion of a person stands. @throws DomainError giveaway_closed (frozen). */
export const excludeParticipant = (
  db: Db,
  input: Exclusion & { giveawayId: string },
  cause: Cause,
): Promise<Exclusion> => callCommand(db, 'exclude_participant', { ...input, ...cause });

/** The queue of a giveaway, oldest first. */
export const listReviews = (
  db: Db,
  { giveawayId, state, limit }: { giveawayId: string; state: Review['state']; limit: number },
): Promise<Review[]> =>
  db('giveaway_reviews')
    .where({ giveaway_id: giveawayId, state })
    .orderBy(['created_at', 'participant_id'])
    .limit(limit)
    .select<Review[]>({
      participantId: 'participant_id',
      state: 'state',
      score: 'score',
      signals: 'signals',
      reason: 'reason',
      decidedBy: 'decided_by',
    });
