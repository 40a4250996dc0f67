/**
 * The airtime provider as the product sees it. An answer says exactly what is known: `unknown` is neither delivered nor
 * refused. A reference is the provider's own id of a top-up for ever: sent again, it answers what became of the first and
 * delivers nothing more. No answer holds the number.
 */

/** What an operator's phones can be topped up by, in minor units. */
export type AirtimeOffer =
  | { readonly kind: 'fixed'; readonly amountsMinor: readonly bigint[] }
  | { readonly kind: 'range'; readonly minMinor: bigint; readonly maxMinor: bigint };

export interface AirtimeOperator {
  readonly id: string;
  readonly name: string;
  /** ISO 3166-1 alpha-2. */
  readonly country: string;
  readonly currency: string;
  readonly offer: AirtimeOffer;
}

export type OperatorAnswer =
  | { readonly kind: 'found'; readonly operator: AirtimeOperator }
  /** No operator that it serves has this number. */
  | { readonly kind: 'none' }
  | Unknown;

/** A time-out, a limit, a broken answer. */
interface Unknown {
  readonly kind: 'unknown';
  readonly cause: string;
  /** Not asked again before. */
  readonly retryAfterMs: number;
}

export interface TopUp {
  /** Our intent. */
  readonly reference: string;
  /** E.164. */
  readonly phone: string;
  readonly operator: string;
  readonly amountMinor: bigint;
  readonly currency: string;
}

export type TopUpAnswer =
  | { readonly kind: 'delivered'; readonly providerId: string }
  /** Taken on, and not at its end yet. */
  | { readonly kind: 'pending' }
  /** Definite: nothing was delivered, and nothing will be under this reference. */
  | { readonly kind: 'refused'; readonly code: string }
  /** Definite as well: our money at the provider does not suffice. */
  | { readonly kind: 'low_float' }
  /** Delivered, and taken back since. */
  | { readonly kind: 'reversed' }
  | Unknown;

/** Not found is not failure: it may appear still. */
export type TopUpLookUp = TopUpAnswer | { readonly kind: 'not_found' };

export interface AirtimePort {
  findOperator(phone: string): Promise<OperatorAnswer>;
  send(topUp: TopUp): Promise<TopUpAnswer>;
  /** @param expected what an answer has to be about; another one is not believed. */
  find(expected: Omit<TopUp, 'phone' | 'operator'>): Promise<TopUpLookUp>;
}

/** The provider says that we called it wrongly: a fault of ours, and no answer about a top-up. */
export class AirtimeMisuse extends Error {
  override readonly name = 'AirtimeMisuse';
}
