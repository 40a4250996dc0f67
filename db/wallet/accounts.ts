import { account, type Account } from '../ledger/account.ts';

/** The accounts of a host's wallet; `fees` is what the provider kept of the charges that funded it. */
export const walletAccounts = (hostId: string, currency: string): { wallet: Account; fees: Account } => ({
  wallet: account('host:wallet', hostId, currency),
  fees: account('fees:funding', hostId, currency),
});
