import { digestUuid } from '../../domain/ids.ts';
import { sha256 } from '../../runtime/crypto.ts';

/** Types of account; their side and whether they may go below zero are rows of `ledger_account_types`. */
export type AccountType =
  | 'host:wallet'
  | 'escrow'
  | 'merchant:payable'
  | 'clearing:giftcard'
  | 'clearing:giveaway'
  | 'fees:funding'
  | 'platform:fees'
  | 'provider:clearing'
  | 'provider:costs'
  | 'platform:losses'
  | 'merchant:receivable'
  | 'host:receivable'
  | 'unclaimed';

export interface Account {
  readonly id: string;
  readonly type: AccountType;
  /** Whose it is: a host, a card, a merchant; `platform` for what exists once per book. */
  readonly ownerId: string;
  readonly currency: string;
}

/** The ledger's ids, the same in code and in the database (`ledger_uuid` in book-transfers.sql). */
const ledgerUuid = (...names: readonly string[]): string => digestUuid(sha256, ...names);

/** Names an account; it is opened by the first transfer that touches it. */
export function account(type: AccountType, ownerId: string, currency: string): Account {
  return { id: ledgerUuid('account', type, ownerId, currency), type, ownerId, currency };
}
