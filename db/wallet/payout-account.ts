import type { Cause } from '../../domain/cause.ts';
import { callCommand } from '../call-command.ts';
import type { Db } from '../connect.ts';

export interface PayoutAccount {
  readonly hostId: string;
  readonly currency: string;
  /** An account at the payment provider. */
  readonly payoutAccount: string;
}

/** Where withdrawals from now on go; one that is under way goes where it was sent. */
export const setPayoutAccount = async (db: Db, input: PayoutAccount, cause: Cause): Promise<void> => {
  await callCommand(db, 'set_payout_account', { ...input, ...cause });
};
