import type { Cause } from '../../domain/cause.ts';
import type { SocialKind } from '../../domain/entry-methods.ts';
import { callCommand } from '../call-command.ts';
import type { Db } from '../connect.ts';

export interface VerificationQuestion {
  readonly entryId: string;
  /** Goes with the answer: an answer to an earlier question is ignored. */
  readonly attempt: number;
  readonly account: string;
  readonly method: SocialKind;
  readonly target: string;
}

export interface VerificationAnswer {
  readonly entryId: string;
  readonly attempt: number;
  readonly verdict: 'PASS' | 'FAIL' | 'UNKNOWN';
  readonly evidence: Readonly<Record<string, string>>;
  readonly retryAfterMs: number;
}

export interface ClaimedVerifications {
  /** Also of those that are frozen by now, and need no question. */
  readonly claimed: number;
  readonly questions: readonly VerificationQuestion[];
}

/** The next entries to ask about; they are this caller's for `leaseMs`. */
export const claimVerifications = (db: Db, input: { limit: number; leaseMs: number }): Promise<ClaimedVerifications> =>
  callCommand(db, 'claim_verifications', input);

/** What is definite decides whether the entry weighs something; what is unknown is asked again. */
export const recordVerifications = (
  db: Db,
  results: readonly VerificationAnswer[],
  cause: Cause,
): Promise<Record<string, never>> => callCommand(db, 'record_verifications', { results, ...cause });

/** Another look at an entry that failed. @throws DomainError entry_not_found, entry_not_verifiable, giveaway_closed. */
export const requestVerification = (
  db: Db,
  input: { entryId: string; participantId: string },
): Promise<{ entryId: string; verdict: string }> => callCommand(db, 'request_verification', input);

/** How long the freeze still waits for answers; 0 when it need not. */
export async function awaitedVerificationMs(db: Db, giveawayId: string): Promise<number> {
  const result: unknown = await db.raw('select awaited_verification_ms(?) as ms', [giveawayId]);
  return Number((result as { rows: [{ ms: bigint }] }).rows[0].ms);
}

/** The deadline has come sooner: whoever is to be asked about an entry once more at the deadline is asked now. */
export const verifyNow = async (trx: Db, giveawayId: string): Promise<void> => {
  await trx.raw(
    `update giveaway_verifications set due_at = least(due_at, clock_timestamp())
     where giveaway_id = ? and due_at is not null`,
    [giveawayId],
  );
};
