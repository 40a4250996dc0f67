import { account, type Account } from '../ledger/transfer.ts';

/** The accounts of a host's wallet; `fees` is what the provider kept of the charges that funded it. */
export const walletAccounts = (hostId: string, currency: string): { wallet: Account; fees: Account } => ({
  wallet: account('host:wallet', hostId, currency),
  fees: account('fees:funding', hostId, currency),
});

/** This book's part of the pooled account at the provider. */
export const providerClearing = (currency: string): Account => account('provider:clearing', 'platform', currency);

/** Net cash that has gone over to the giftcard book. */
export const giftcardClearing = (currency: string): Account => account('clearing:giftcard', 'platform', currency);
