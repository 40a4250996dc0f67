export { foldAccounts } from '../fold-accounts.ts';
export { expireAuthorisations } from './authorise-gift-card.ts';
export { cancelCardOrder } from './cancel-card-order.ts';
export { issueGiftCards } from './issue-gift-cards.ts';
export { redeemGiftCard } from './redeem-gift-card.ts';
export { refundRedemption } from './refund-redemption.ts';
export { releaseEscrow, sweepExpiredEscrow } from './release-escrow.ts';
export { runSettlements, settleBatch } from './settle-batch.ts';
export { assignGiftCard, postEscrow, reserveEscrow, voidEscrow } from './reserve-escrow.ts';
