/** Stripe counts most currencies as ISO 4217 does; these it does not. */
const NO_DECIMALS_THERE = new Set(['MGA']);
const TWO_DECIMALS_THERE = new Set(['ISK', 'UGX']);
/** Of three decimals the last one has to be zero. */
const LAST_DIGIT_ZERO = new Set(['BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND']);

/** @returns undefined for an amount that Stripe cannot express. */
export function toStripeAmount(amountMinor: bigint, currency: string): string | undefined {
  if (TWO_DECIMALS_THERE.has(currency)) return (amountMinor * 100n).toString();
  if (NO_DECIMALS_THERE.has(currency)) return amountMinor % 100n === 0n ? (amountMinor / 100n).toString() : undefined;
  if (LAST_DIGIT_ZERO.has(currency) && amountMinor % 10n !== 0n) return undefined;
  return amountMinor.toString();
}

/** @throws RangeError for what is no whole number of our minor units. */
export function fromStripeAmount(amount: number, currency: string): bigint {
  if (!Number.isSafeInteger(amount)) throw new RangeError(`Not an amount: ${amount}`);
  const code = currency.toUpperCase();
  if (NO_DECIMALS_THERE.has(code)) return BigInt(amount) * 100n;
  if (!TWO_DECIMALS_THERE.has(code)) return BigInt(amount);
  if (amount % 100 !== 0) throw new RangeError(`Less than a minor unit of ${code}: ${amount}`);
  return BigInt(amount) / 100n;
}
