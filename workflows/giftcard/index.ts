export { expireAuthorisations } from './authorise-gift-card.ts';
export { issueGiftCards } from './issue-gift-cards.ts';
export { redeemGiftCard } from './redeem-gift-card.ts';
export { assignGiftCard, postEscrow, reserveEscrow, voidEscrow } from './reserve-escrow.ts';
