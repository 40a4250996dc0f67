import type { Cause } from '../../domain/cause.ts';
import type { Command } from '../call-command.ts';
import type { Db } from '../connect.ts';
import { runCommand } from '../ledger/call-together.ts';
import type { PayoutRules } from '../../runtime/payout-rules.ts';
import type { SettlementStep } from './pay-settlement.ts';

export interface RedeemGiftCard {
  readonly redemptionId: string;
  readonly cardId: string;
  readonly merchantId: string;
  /** Null: all that is left, or all that was authorised. */
  readonly amountMinor: bigint | null;
  readonly currency: string | null;
  /** Confirms what was authorised before; it may be less. */
  readonly authorisationId?: string | null;
  /** After this instant, by the database's clock, nobody waits at the till any more. */
  readonly expiresAt: Date;
  readonly payout: InstantPayout | { readonly settle: 'later' };
}

/** The redemption is paid out by a settlement of its own, which the workflow carries through. */
export interface InstantPayout extends PayoutRules {
  readonly settle: 'instant';
  readonly settlementId: string;
  readonly workflowId: string;
}

/** LINED_UP: the merchant's next batch pays it out. */
export type RedemptionState = 'LINED_UP' | 'SETTLING' | 'NEEDS_ATTENTION' | 'SETTLED';

export interface Redemption {
  readonly redemptionId: string;
  readonly settlementId: string | null;
  readonly cardId: string;
  readonly merchantId: string;
  readonly currency: string;
  readonly amountMinor: string;
  /** Left on the card after it. */
  readonly remainingMinor: string;
  readonly state: RedemptionState;
}

export interface ConfirmedRedemption extends Redemption {
  /** What its own settlement does next; null where a batch will pay. */
  readonly step: SettlementStep | null;
}

/**
 * Authorises and confirms in one round trip: the shares leave the escrow, and from here only a refund brings value
 * back. Repeated with the same id it returns the first result.
 * @throws DomainError request_expired, card_not_found, card_wrong_merchant, card_frozen, card_expired,
 *   card_already_redeemed, card_not_redeemable, card_over_redemption, currency_mismatch, authorisation_not_found,
 *   authorisation_expired, authorisation_voided, authorisation_confirmed.
 */
export const redeemGiftCard = (db: Db, input: RedeemGiftCard, cause: Cause): Promise<ConfirmedRedemption> =>
  runCommand<ConfirmedRedemption>(db, redeemGiftCardCommand(input, cause));

/** The same as a command that is still to be carried out; its answer is a ConfirmedRedemption. */
export const redeemGiftCardCommand = ({ payout, ...input }: RedeemGiftCard, cause: Cause): Command => ({
  name: 'redeem_gift_card',
  input: { ...input, ...payout, ...cause },
  locksFirst: input.cardId,
});

export async function readRedemption(db: Db, id: string): Promise<Redemption | undefined> {
  const result: unknown = await db.raw('select redemption_answer(r) as answer from redemptions r where r.id = ?', [id]);
  return (result as { rows: { answer: Redemption }[] }).rows[0]?.answer;
}
