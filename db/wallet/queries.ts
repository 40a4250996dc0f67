import type { Db } from '../connect.ts';
import { readBalances } from '../ledger/balances.ts';
import { walletAccounts } from './accounts.ts';

export interface WalletView {
  readonly currency: string;
  readonly state: string;
  readonly balanceMinor: bigint;
  readonly availableMinor: bigint;
}

/** A host's wallets with their balances, one per currency. */
export async function listWallets(db: Db, hostId: string): Promise<WalletView[]> {
  const wallets = await db('wallets')
    .where({ host_id: hostId })
    .orderBy('currency')
    .select<{ currency: string; state: string }[]>('currency', 'state');
  const balances = await readBalances(
    db,
    wallets.map(({ currency }) => walletAccounts(hostId, currency).wallet),
  );
  return wallets.map((wallet, index) => ({
    ...wallet,
    balanceMinor: balances[index]?.postedMinor ?? 0n,
    availableMinor: balances[index]?.availableMinor ?? 0n,
  }));
}
