import type { Stack } from '../../scripts/stack/stack.ts';

interface ProviderPayment {
  readonly reference: string;
  readonly amount: string;
  readonly destination: string;
  readonly status: string;
}

/** What really happened at the payment provider. */
export async function providerTruth(
  stack: Stack,
): Promise<{ charges: ProviderPayment[]; transfers: ProviderPayment[] }> {
  const response = await fetch(`${stack.applicationUrl('payments-simulator')}/admin/truth`, {
    headers: { authorization: `Bearer ${stack.environment['SIMULATOR_ADMIN_TOKEN']}` },
  });
  return (await response.json()) as { charges: ProviderPayment[]; transfers: ProviderPayment[] };
}
