import { randomUUID } from 'node:crypto';
import { beginFunding, completeFunding } from '../../../db/wallet/fund-wallet.ts';
import type { Stack } from '../../../scripts/stack/stack.ts';
import { cause } from '../../support/cards.ts';
import { withDatabase } from './databases.ts';

const CHARGED_MINOR = 900_000_000_000n;

/**
 * A host with more than any run can spend, charged at the provider and credited by the product's own commands: the
 * auditor looks at the books meanwhile, and halts payouts where they do not hold. @returns the host's id.
 */
export async function fundHost(stack: Stack): Promise<string> {
  const [hostId, fundingId] = [randomUUID(), randomUUID()];
  await withDatabase(stack.environment['DATABASE_URL_GIVEAWAY'] ?? '', 1, async (db) => {
    const charge = { amountMinor: CHARGED_MINOR, currency: 'USD', source: 'tok_visa' };
    await beginFunding(db, { fundingId, hostId, ...charge }, cause);
    const { id: providerId, fee } = await charged(stack, fundingId);
    await completeFunding(db, { fundingId, providerId, feeMinor: BigInt(fee) }, cause);
  });
  return hostId;
}

async function charged(stack: Stack, fundingId: string): Promise<{ readonly id: string; readonly fee: string }> {
  const response = await fetch(`${stack.applicationUrl('payments-simulator')}/v1/charges`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${stack.environment['PAYMENTS_API_KEY']}`,
      'content-type': 'application/json',
      'idempotency-key': fundingId,
    },
    body: JSON.stringify({
      reference: fundingId,
      amount: CHARGED_MINOR.toString(),
      currency: 'USD',
      source: 'tok_visa',
      destinationAccount: stack.environment['PAYMENTS_POOL_ACCOUNT'],
    }),
  });
  if (!response.ok) throw new Error(`The provider took no charge: ${await response.text()}`);
  return (await response.json()) as { id: string; fee: string };
}
