/** What is quoted: 2.9 % + 30 of a charge, half to even; a flat 25 of a transfer. Minor units. */
export function feeOf(kind: 'charge' | 'transfer', amount: bigint): bigint {
  if (kind === 'transfer') return 25n;
  const fee = halfEven(amount * 29n, 1_000n) + 30n;
  return fee < amount ? fee : amount;
}

function halfEven(numerator: bigint, denominator: bigint): bigint {
  const quotient = numerator / denominator;
  const twice = (numerator % denominator) * 2n;
  if (twice === denominator) return quotient + (quotient % 2n);
  return twice > denominator ? quotient + 1n : quotient;
}
