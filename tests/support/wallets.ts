import { randomUUID } from 'node:crypto';
import type { Database } from '../../db/connect.ts';
import { checkLedger } from '../../db/ledger/audit.ts';
import { readBalances } from '../../db/ledger/balances.ts';
import { checkWallets } from '../../db/wallet/audit.ts';
import { walletAccounts } from '../../db/wallet/accounts.ts';
import { beginFunding, completeFunding } from '../../db/wallet/fund-wallet.ts';
import { setPayoutAccount } from '../../db/wallet/payout-account.ts';
import { cause } from './cards.ts';

export interface FundedHost {
  readonly hostId: string;
  readonly fundingId: string;
}

interface FundOptions {
  readonly amountMinor?: bigint;
  readonly feeMinor?: bigint;
  readonly hostId?: string;
  readonly currency?: string;
}

/** A host of its own whose wallet was charged once, straight in the database, with somewhere to be paid to. */
export async function fundHost(
  db: Database,
  { amountMinor = 10_000n, feeMinor = 300n, hostId = randomUUID(), currency = 'USD' }: FundOptions = {},
): Promise<FundedHost> {
  const fundingId = randomUUID();
  await beginFunding(db, { fundingId, hostId, currency, amountMinor, source: 'tok' }, cause);
  await completeFunding(db, { fundingId, providerId: randomUUID(), feeMinor }, cause);
  await setPayoutAccount(db, { hostId, currency, payoutAccount: `acct_${hostId}` }, cause);
  return { hostId, fundingId };
}

/** Balance, available, and carried fee. */
export async function walletOf(db: Database, hostId: string): Promise<bigint[]> {
  const [wallet, fees] = await readBalances(db, Object.values(walletAccounts(hostId, 'USD')));
  return [wallet?.postedMinor ?? 0n, wallet?.availableMinor ?? 0n, fees?.postedMinor ?? 0n];
}

/** Invariants of wallets and their ledger that are broken. */
export const brokenWallets = async (db: Database) =>
  [...(await checkLedger(db, 'giveaway')), ...(await checkWallets(db))].filter((check) => check.broken > 0);
