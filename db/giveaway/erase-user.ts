import type { Cause } from '../../domain/cause.ts';
import { callCommand } from '../call-command.ts';
import type { Db } from '../connect.ts';

export interface EraseUser {
  readonly userId: string;
  /** Prizes that were handed over may be lost: nobody can log in to read their codes any more. */
  readonly abandonPrizes: boolean;
}

/**
 * Deletes what says who somebody was: address, name, date of birth, sessions, signals, accounts at social networks, the salts
 * of their participation, and answers that hold any of it. Entries, awards and proofs stay, and stay valid. Erased before: the
 * same answer again.
 * @throws DomainError not_found, user_not_erasable, user_has_prizes.
 */
export const eraseUser = (db: Db, input: EraseUser, cause: Cause): Promise<{ userId: string; erasedAt: string }> =>
  callCommand(db, 'erase_user', { ...input, ...cause });
