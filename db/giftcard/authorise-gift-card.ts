import type { Cause } from '../../domain/cause.ts';
import { callCommand } from '../call-command.ts';
import type { Db } from '../connect.ts';

export interface AuthoriseGiftCard {
  readonly authorisationId: string;
  readonly cardId: string;
  readonly merchantId: string;
  /** Null: all that is free on the card. */
  readonly amountMinor: bigint | null;
  readonly currency: string | null;
  /** How long it is held, in milliseconds. */
  readonly ttlMs: number;
}

export interface Authorisation {
  readonly authorisationId: string;
  readonly cardId: string;
  readonly merchantId: string;
  readonly currency: string;
  readonly amountMinor: string;
  readonly state: 'OPEN' | 'CONFIRMED' | 'VOIDED' | 'EXPIRED';
  /** Null: it is held for a top-up of a phone, and ends with that. */
  readonly expiresAt: string | null;
  /** Of a confirmed one. */
  readonly redemptionId: string | null;
}

/**
 * Holds an amount of a card for a merchant, for a short time, in one round trip. It is confirmed by `redeemGiftCard`.
 * @throws DomainError card_not_found, card_wrong_merchant, card_frozen, card_expired, card_already_redeemed,
 *   card_not_redeemable, card_over_redemption, currency_mismatch.
 */
export const authoriseGiftCard = (db: Db, input: AuthoriseGiftCard, cause: Cause): Promise<Authorisation> =>
  callCommand<Authorisation>(db, 'authorise_gift_card', { ...input, ...cause });

/** @throws DomainError authorisation_not_found, authorisation_confirmed, authorisation_expired. */
export const voidAuthorisation = (
  db: Db,
  input: { authorisationId: string; merchantId: string },
  cause: Cause,
): Promise<Authorisation> => callCommand<Authorisation>(db, 'void_authorisation', { ...input, ...cause });

/** Ends what nobody confirmed in its time, by the database's clock; the oldest first, at most `limit`. */
export const expireAuthorisations = (
  db: Db,
  input: { limit: number },
  cause: Cause,
): Promise<{ expired: number; more: boolean }> => callCommand(db, 'expire_authorisations', { ...input, ...cause });

export async function readAuthorisation(db: Db, id: string): Promise<Authorisation | undefined> {
  const result: unknown = await db.raw(
    'select authorisation_answer(a) as answer from card_authorisations a where a.id = ?',
    [id],
  );
  return (result as { rows: { answer: Authorisation }[] }).rows[0]?.answer;
}
