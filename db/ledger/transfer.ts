import { nameUuid } from '../../domain/ids.ts';
import { sha1 } from '../../runtime/crypto.ts';

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

/** Names an account; it is opened by the first transfer that touches it. */
export function account(type: AccountType, ownerId: string, currency: string): Account {
  return { id: nameUuid(sha1, 'account', type, ownerId, currency), type, ownerId, currency };
}

interface TransferBase {
  /** The caller's, deterministic: the same intention has the same id in every attempt and on both books. */
  readonly id: string;
  /** The event that it books, e.g. `publish.hold`. */
  readonly code: string;
  /** The business object that it belongs to. */
  readonly referenceId: string;
}

/** `a → b`: debit a, credit b. */
export interface NewTransfer extends TransferBase {
  readonly kind: 'posted' | 'pending';
  readonly debit: Account;
  readonly credit: Account;
  /** Minor units, > 0. */
  readonly amountMinor: bigint;
  /** The transfer that this one reverses or corrects. */
  readonly correctsId?: string;
}

/** Posts or voids a pending transfer, in full, once. */
export interface Resolution extends TransferBase {
  readonly kind: 'post' | 'void';
  readonly pendingId: string;
}

export type Transfer = NewTransfer | Resolution;

/** The id of one of the transfers that a business object makes, e.g. `transferId(publishId, 'publish.hold', 'clearing')`. */
export const transferId = (...names: readonly string[]): string => nameUuid(sha1, 'transfer', ...names);

/** The resolution of a pending transfer; its id follows from the pending one, so a repeat is the same resolution. */
export function resolution(kind: 'post' | 'void', pendingId: string, code: string, referenceId: string): Resolution {
  return { id: transferId(pendingId, kind), kind, pendingId, code, referenceId };
}
