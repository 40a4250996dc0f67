import { account, type Account } from '../ledger/transfer.ts';

/** One escrow account per card; while cards are being reserved their net cash lies on the reservation's. */
export const escrowAccount = (cardOrReservationId: string, currency: string): Account =>
  account('escrow', cardOrReservationId, currency);
/** What the provider kept of the charges that funded this card; redemptions win it back. */
export const fundingFeeAccount = (cardId: string, currency: string): Account =>
  account('fees:funding', cardId, currency);
export const merchantPayable = (merchantId: string, currency: string): Account =>
  account('merchant:payable', merchantId, currency);
export const platformFees = (currency: string): Account => account('platform:fees', 'platform', currency);
export const providerCosts = (currency: string): Account => account('provider:costs', 'platform', currency);
/** This book's part of the pooled account at the provider. */
export const providerClearing = (currency: string): Account => account('provider:clearing', 'platform', currency);
/** Net cash that has come over from the giveaway book. */
export const giveawayClearing = (currency: string): Account => account('clearing:giveaway', 'platform', currency);
