export { auditBooks } from '../audit-books.ts';
export { deliverAlerts } from '../deliver-alerts.ts';
export { foldAccounts } from '../fold-accounts.ts';
export { sweepOwners } from '../owner-sweep.ts';
export { creditRelease } from './credit-release.ts';
export { disputeFunding } from './dispute-funding.ts';
export { fundWallet } from './fund-wallet.ts';
export { holdWallet, postWalletHold, voidWalletHold } from './hold-wallet.ts';
export { returnWithdrawal, withdrawWallet } from './withdraw-wallet.ts';
