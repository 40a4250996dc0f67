import type { AwardState } from '../../domain/giveaway.ts';
import type { Db } from '../connect.ts';

export interface Winner {
  readonly awardId: string;
  readonly rank: number;
  readonly prizePosition: number;
  readonly participantId: string;
  readonly state: AwardState;
  /** How they came to it: drawn, or promoted and why. */
  readonly reason: string;
  readonly amountMinor: bigint | null;
  readonly currency: string;
  readonly notifiedAt: Date | null;
  readonly claimExpiresAt: Date | null;
  readonly claimedAt: Date | null;
  readonly verifiedAt: Date | null;
  readonly fulfilledAt: Date | null;
}

/** Everybody who was ever offered a prize, by rank. @param after the last rank of the page before. */
export const listWinners = (
  db: Db,
  giveawayId: string,
  { limit, after = 0, state }: { limit: number; after?: number | undefined; state?: AwardState | undefined },
): Promise<Winner[]> => {
  const query = db('giveaway_awards as a')
    .join('giveaway_prizes as p', 'p.id', 'a.prize_id')
    .where('a.giveaway_id', giveawayId)
    .andWhere('a.rank', '>', after)
    .orderBy('a.rank')
    .limit(limit)
    .select<Winner[]>({
      awardId: 'a.id',
      rank: 'a.rank',
      prizePosition: 'p.position',
      participantId: 'a.participant_id',
      state: 'a.state',
      reason: 'a.reason',
      amountMinor: 'p.face_minor',
      currency: 'p.currency',
      notifiedAt: 'a.notified_at',
      claimExpiresAt: 'a.claim_expires_at',
      claimedAt: 'a.claimed_at',
      verifiedAt: 'a.verified_at',
      fulfilledAt: 'a.fulfilled_at',
    });
  if (state !== undefined) void query.where('a.state', state);
  return Promise.resolve(query);
};

const PIECE = 500;

/** All of them, in pieces. */
export async function* exportWinners(db: Db, giveawayId: string): AsyncGenerator<Winner[]> {
  for (let after = 0; ;) {
    const rows = await listWinners(db, giveawayId, { limit: PIECE, after });
    const last = rows.at(-1);
    if (!last) return;
    yield rows;
    after = last.rank;
  }
}
