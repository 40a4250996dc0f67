/** Whom a number belongs to, by its first digits; the longest match counts. Amounts are minor units. */

export interface Operator {
  readonly id: string;
  readonly name: string;
  readonly country: string;
  readonly currency: string;
  readonly offer:
    | { readonly kind: 'fixed'; readonly amountsMinor: readonly string[] }
    | { readonly kind: 'range'; readonly minMinor: string; readonly maxMinor: string };
}

const range = (minMinor: string, maxMinor: string): Operator['offer'] => ({ kind: 'range', minMinor, maxMinor });
const fixed = (...amountsMinor: string[]): Operator['offer'] => ({ kind: 'fixed', amountsMinor });

const OPERATORS: Readonly<Record<string, Operator>> = {
  '1202': { id: 'capital-us', name: 'Capital Mobile', country: 'US', currency: 'USD', offer: range('100', '20000') },
  '1305': {
    id: 'sunshine-us',
    name: 'Sunshine Wireless',
    country: 'US',
    currency: 'USD',
    offer: fixed('1000', '2500', '5000'),
  },
  '49151': {
    id: 'rhein-de',
    name: 'Rhein Mobil',
    country: 'DE',
    currency: 'EUR',
    offer: fixed('1000', '1500', '3000'),
  },
  '234803': { id: 'delta-ng', name: 'Delta Telecom', country: 'NG', currency: 'NGN', offer: range('5000', '5000000') },
};

export function operatorOf(phone: string): Operator | undefined {
  const digits = phone.replace(/^\+/, '');
  const [prefix] = Object.keys(OPERATORS)
    .filter((start) => digits.startsWith(start))
    .toSorted((a, b) => b.length - a.length);
  return prefix === undefined ? undefined : OPERATORS[prefix];
}

/** Why this operator does not sell it; undefined where it does. */
export function whyNotSold(operator: Operator, amount: string, currency: string): string | undefined {
  if (operator.currency !== currency) return 'currency_not_served';
  const { offer } = operator;
  const sold =
    offer.kind === 'fixed'
      ? offer.amountsMinor.includes(amount)
      : BigInt(amount) >= BigInt(offer.minMinor) && BigInt(amount) <= BigInt(offer.maxMinor);
  return sold ? undefined : 'amount_not_offered';
}
