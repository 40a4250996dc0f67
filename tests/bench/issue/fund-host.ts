import { randomUUID } from 'node:crypto';
import type { Database } from '../../../db/connect.ts';
import { beginFunding, completeFunding } from '../../../db/wallet/fund-wallet.ts';
import { cause } from '../../support/cards.ts';

const CHARGED_MINOR = 100_000_000_000n;
const FEE_MINOR = 2_900_000_000n;

/** A host with more than any run can spend, by the product's own commands straight in the database. @returns its id. */
export async function fundHost(db: Database): Promise<string> {
  const [hostId, fundingId] = [randomUUID(), randomUUID()];
  const charge = { amountMinor: CHARGED_MINOR, currency: 'USD', source: 'tok_visa' };
  await beginFunding(db, { fundingId, hostId, ...charge }, cause);
  await completeFunding(db, { fundingId, providerId: `bench-${fundingId}`, feeMinor: FEE_MINOR }, cause);
  return hostId;
}
