import { activityInfo } from '@temporalio/activity';
import type { Database } from '../../db/connect.ts';
import { holdWallet, postWalletHold, voidWalletHold } from '../../db/wallet/hold-wallet.ts';
import { DomainError } from '../../domain/errors.ts';
import { parseMinor } from '../../domain/money.ts';
import type { HeldWallet, HoldWalletInput, WalletHoldRef } from '../../workflows/wallet/contract.ts';

export const holdWalletActivities = (db: Database) => ({
  /** @returns the funding fee that goes with the held amount, in minor units. */
  holdWallet: async (input: HoldWalletInput): Promise<HeldWallet> => {
    try {
      const hold = await holdWallet(
        db,
        { ...input, id: input.publishId, grossMinor: parseMinor(input.grossMinor) },
        input,
      );
      return { fundingFeeMinor: hold.feeMinor };
    } catch (error) {
      // An earlier attempt that timed out may still be on its way: the tombstone stops it. The first attempt has none
      // before it, and a refusal of it leaves no row anywhere.
      if (error instanceof DomainError && activityInfo().attempt > 1) await voidWalletHold(db, input.publishId, input);
      throw error;
    }
  },

  /** The pivot. */
  postWalletHold: async (input: WalletHoldRef): Promise<void> => {
    await postWalletHold(db, input.publishId, input);
  },

  voidWalletHold: async (input: WalletHoldRef): Promise<void> => {
    await voidWalletHold(db, input.publishId, input);
  },
});
