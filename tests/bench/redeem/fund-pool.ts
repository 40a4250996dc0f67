import type { Stack } from '../../../scripts/stack/stack.ts';

const PLENTY_MINOR = '900000000000';

/** Puts money into the pooled account at the provider, from which merchants are paid. */
export async function fundPool(stack: Stack): Promise<void> {
  const response = await fetch(`${stack.applicationUrl('payments-simulator')}/v1/charges`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${stack.environment['PAYMENTS_API_KEY']}`,
      'content-type': 'application/json',
      'idempotency-key': 'bench-pool',
    },
    body: JSON.stringify({
      reference: 'bench-pool',
      amount: PLENTY_MINOR,
      currency: 'USD',
      source: 'tok_visa',
      destinationAccount: stack.environment['PAYMENTS_POOL_ACCOUNT'],
    }),
  });
  if (!response.ok) throw new Error(`The provider took no charge: ${await response.text()}`);
}
