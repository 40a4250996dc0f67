/** The payment provider as the product sees it. An answer says exactly what is known; `unknown` is not `refused`. */

export type PaymentOutcome =
  | { readonly kind: 'succeeded'; readonly providerId: string; readonly feeMinor: bigint }
  | { readonly kind: 'pending'; readonly providerId: string }
  /** Definite: nothing was or will be moved under this intent. */
  | { readonly kind: 'refused'; readonly code: string; readonly message: string }
  /** It was carried out, for this fee, and came back. */
  | { readonly kind: 'reversed'; readonly providerId: string; readonly feeMinor: bigint }
  /** A time-out, a server error, a broken answer, a code that nobody knows: it may have happened. Ask before anything else. */
  | {
      readonly kind: 'unknown';
      readonly cause: string;
      /** The provider wants to be left alone for so long. */
      readonly retryAfterMs?: number;
    };

export type PaymentLookUp = PaymentOutcome | { readonly kind: 'not_found' };

/** The code of a transfer that was refused because the pooled account is short of money. */
export const POOL_SHORT = 'pool_balance_short';

export interface NewPayment {
  /** The provider's idempotency key and our reference there. */
  readonly intentId: string;
  /** Minor units. */
  readonly amountMinor: bigint;
  readonly currency: string;
}

/** Money that moved over the pooled account. */
export interface SettlementLine {
  /** Our intent; null for what we did not ask for. */
  readonly reference: string | null;
  readonly kind: 'charge' | 'transfer' | 'reversal' | 'fee';
  readonly state: string;
  readonly amountMinor: bigint;
  readonly feeMinor: bigint;
  readonly currency: string;
  readonly at: string;
}

export interface SettlementFile {
  /** The day is over: nothing will be added. */
  readonly final: boolean;
  /** Can be read once. Throws where the file breaks off: what was read of it then proves nothing. */
  readonly lines: AsyncIterable<SettlementLine>;
}

export interface PaymentsPort {
  /** For how long the provider recognises a repeated idempotency key. */
  readonly keyWindowMs: number;
  /** Draws money from a payer into the pooled account. */
  createCharge(charge: NewPayment & { readonly source: string }): Promise<PaymentOutcome>;
  findCharge(intentId: string): Promise<PaymentLookUp>;
  /** Pays from the pooled account. */
  createTransfer(transfer: NewPayment & { readonly destinationAccount: string }): Promise<PaymentOutcome>;
  findTransfer(intentId: string): Promise<PaymentLookUp>;
  /** Takes money that was paid out back into the pooled account. */
  createPullBack(pullBack: NewPayment & { readonly sourceAccount: string }): Promise<PaymentOutcome>;
  findPullBack(intentId: string): Promise<PaymentLookUp>;
  /** The balance of the pooled account, in minor units: all that is ours there. */
  poolBalance(currency: string): Promise<bigint>;
  /** What of it can be paid out now. */
  poolAvailable(currency: string): Promise<bigint>;
  /**
   * What moved on a day (UTC, `YYYY-MM-DD`).
   * @returns undefined while the provider has no such file.
   */
  settlementFile(date: string): Promise<SettlementFile | undefined>;
}

/** The provider says that we called it wrongly: a fault of ours, repeated until it is mended, never a refusal. */
export class PaymentsMisuse extends Error {
  override readonly name = 'PaymentsMisuse';
}
