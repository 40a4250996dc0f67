import { currencyExponent } from './currencies.ts';

/** Integers in minor units, everywhere; `bigint` in code, decimal strings on every wire. No floats. */

/** An amount as it travels: digits only, no sign. */
export const parseMinor = (text: string): bigint => {
  if (!/^\d{1,18}$/.test(text)) throw new RangeError(`Not an amount in minor units: ${text}`);
  return BigInt(text);
};

/**
 * Spending `spendMinor` of a balance that carries an unrecovered fee takes the fee's proportional share, rounded
 * down; with the last unit goes all that is left of it.
 * @throws RangeError when more is spent than there is.
 */
export function feeShare(feeMinor: bigint, spendMinor: bigint, balanceMinor: bigint): bigint {
  if (spendMinor < 0n || feeMinor < 0n || spendMinor > balanceMinor) throw new RangeError('A share of more than all');
  return balanceMinor === 0n ? 0n : (feeMinor * spendMinor) / balanceMinor;
}

/** As people write it: `100.00 USD`. */
export function readableAmount(amountMinor: bigint, currency: string): string {
  const exponent = currencyExponent(currency);
  if (exponent === 0) return `${amountMinor} ${currency}`;
  const digits = amountMinor.toString().padStart(exponent + 1, '0');
  return `${digits.slice(0, -exponent)}.${digits.slice(-exponent)} ${currency}`;
}
