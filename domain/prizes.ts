import { DomainError } from './errors.ts';
import type { ClaimMode } from './official-rules.ts';

/**
 * `airtime`: a card that is redeemed by topping up a phone. `physical`: something that the host sends by post. No money of it
 * lies in escrow.
 */
export const PRIZE_KINDS = ['gift_card', 'airtime', 'physical'] as const;
export type PrizeKind = (typeof PRIZE_KINDS)[number];

/** How far a prize that is sent has come. */
export const DELIVERY_STATES = ['ADDRESSED', 'SHIPPED', 'UNDELIVERABLE', 'DELIVERED', 'GIVEN_UP'] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];

/** How long an address is kept after its prize has arrived. That of an award that ended otherwise is erased at once. */
export const ADDRESS_KEPT_MS = 30 * 24 * 3_600_000;

/**
 * A prize that is sent needs an address, and only a claim says it.
 * @throws DomainError prize_needs_claim.
 */
export function requireClaims(claims: ClaimMode, kinds: readonly PrizeKind[]): void {
  if (claims === 'automatic' && kinds.includes('physical'))
    throw new DomainError('prize_needs_claim', 'A prize that is sent has to be claimed: the claim says where to.');
}
