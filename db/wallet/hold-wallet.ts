import type { Cause } from '../../domain/cause.ts';
import { callCommand } from '../call-command.ts';
import type { Db } from '../connect.ts';

export interface HoldWallet {
  /** Also the id of the publish, or of the order of cards, and of the escrow reservation. */
  readonly id: string;
  readonly hostId: string;
  readonly currency: string;
  readonly giveawayId: string | null;
  readonly grossMinor: bigint;
}

export interface WalletHold {
  readonly id: string;
  readonly hostId: string;
  readonly currency: string;
  readonly giveawayId: string | null;
  readonly grossMinor: string;
  /** What the provider kept of the charges that funded this part of the wallet. */
  readonly feeMinor: string;
  readonly state: 'HELD' | 'POSTED' | 'VOIDED';
}

/**
 * Sets money of a wallet aside in one round trip, and fixes the funding fee that goes with it. A refusal leaves no row
 * anywhere. Repeated with the same inputs it returns the first result.
 * @throws DomainError wallet_not_found, wallet_frozen, wallet_insufficient_funds, wallet_funds_not_yet_spendable,
 *   ledger_transfer_voided (undone before), ledger_transfer_conflict (same id, other inputs).
 */
export const holdWallet = (db: Db, input: HoldWallet, cause: Cause): Promise<WalletHold> =>
  callCommand<WalletHold>(db, 'hold_wallet', { ...input, ...cause });

/**
 * The pivot of a publish: the money goes over to the giftcard book. From here the saga only goes forward.
 * @throws DomainError wallet_frozen, ledger_transfer_voided.
 */
export const postWalletHold = (db: Db, id: string, cause: Cause): Promise<WalletHold> =>
  callCommand<WalletHold>(db, 'post_wallet_hold', { id, ...cause });

/** The undo of a hold. Where nothing was held it leaves a tombstone, so that a late hold under this id is refused. */
export const voidWalletHold = async (db: Db, id: string, cause: Cause): Promise<void> => {
  await callCommand(db, 'void_wallet_hold', { id, ...cause });
};
