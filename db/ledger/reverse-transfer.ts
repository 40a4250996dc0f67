import type { Cause } from '../../domain/cause.ts';
import { callCommand } from '../call-command.ts';
import type { Db } from '../connect.ts';

export interface ReverseTransfer {
  readonly reversalId: string;
  readonly transferId: string;
  readonly reason: string;
  /** Counts from when the reversed transfer counted, and not from now. */
  readonly backdated: boolean;
}

export interface ReversedTransfer {
  readonly transferId: string;
  readonly reversalId: string;
  readonly currency: string;
  readonly amountMinor: string;
  readonly code: string;
}

/**
 * Takes a booking by hand back, by a new transfer that names it; once. What belongs to a process of the business is
 * refused: its rows would say something else than the ledger.
 * @throws DomainError ledger_transfer_unknown, ledger_transfer_not_posted, ledger_transfer_not_reversible,
 *   ledger_transfer_already_reversed, ledger_insufficient_balance.
 */
export const reverseTransfer = (db: Db, input: ReverseTransfer, cause: Cause): Promise<ReversedTransfer> =>
  callCommand<ReversedTransfer>(db, 'reverse_transfer', { ...input, ...cause });
