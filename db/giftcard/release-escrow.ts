import type { Cause } from '../../domain/cause.ts';
import { callCommand } from '../call-command.ts';
import type { Db } from '../connect.ts';
import { newestFirst, type Page } from '../page.ts';

export interface ReleaseEscrow {
  readonly releaseId: string;
  readonly hostId: string;
  readonly currency: string;
  readonly giveawayId: string | null;
  readonly reason: 'cancelled' | 'unassigned';
  /** At most 500. */
  readonly cardIds: readonly string[];
}

export interface EscrowRelease {
  readonly releaseId: string;
  readonly hostId: string;
  readonly giveawayId: string | null;
  readonly currency: string;
  readonly reason: 'cancelled' | 'unassigned' | 'expired';
  readonly cards: number;
  /** What goes back in cash, and the share of the funding fee that goes back with it. */
  readonly cashMinor: string;
  readonly feeMinor: string;
  readonly state: 'RELEASING' | 'RELEASED';
  readonly createdAt: string;
}

/**
 * Cards that nobody was given leave this book, on their way back to the host: all of them, or none.
 * @throws DomainError card_not_found, card_already_assigned.
 */
export const releaseEscrow = (db: Db, input: ReleaseEscrow, cause: Cause): Promise<EscrowRelease> =>
  callCommand<EscrowRelease>(db, 'release_escrow', { ...input, ...cause });

/** The next cards that have passed their deadline by the database's clock. @returns how many. */
export const releaseExpired = (db: Db, input: { limit: number }, cause: Cause): Promise<{ cards: number }> =>
  callCommand(db, 'release_expired', { ...input, ...cause });

/** The host's book has it. @throws DomainError escrow_not_found. */
export const completeRelease = (db: Db, input: { releaseId: string }, cause: Cause): Promise<EscrowRelease> =>
  callCommand<EscrowRelease>(db, 'complete_release', { ...input, ...cause });

const ANSWER = 'release_answer(escrow_releases) as answer';

export async function readRelease(db: Db, releaseId: string): Promise<EscrowRelease | undefined> {
  const row = await db('escrow_releases').where({ id: releaseId }).first<{ answer: EscrowRelease }>(db.raw(ANSWER));
  return row?.answer;
}

/** Newest first; of one host, or of all. */
export async function listReleases(db: Db, { hostId, ...page }: Page & { hostId?: string }): Promise<EscrowRelease[]> {
  const query = db('escrow_releases').select<{ answer: EscrowRelease }[]>(db.raw(ANSWER));
  if (hostId !== undefined) void query.where({ host_id: hostId });
  newestFirst(query, 'escrow_releases', page);
  return (await query).map(({ answer }) => answer);
}

/** Ids of releases that are on their way, the oldest first. */
export const openReleases = (db: Db, limit: number): Promise<string[]> =>
  db('escrow_releases').where({ state: 'RELEASING' }).orderBy(['updated_at', 'id']).limit(limit).pluck<string[]>('id');
