import type { Db } from '../connect.ts';
import { runPrepared, type PreparedStatement } from '../prepared.ts';
import type { Merchant } from './register-merchant.ts';

export type TillMerchant = Pick<Merchant, 'id' | 'kind' | 'payoutSchedule'>;

export interface CardByCode {
  readonly id: string;
  readonly currency: string;
}

export interface AtTill {
  /** Undefined also for somebody else's. */
  readonly merchant: TillMerchant | undefined;
  readonly card: CardByCode | undefined;
}

export interface FindAtTill {
  readonly merchantId: string;
  readonly ownerId: string;
  /** The keyed hashes of a code, one for each look-up key: the code itself is nowhere. */
  readonly codeHashes: readonly Uint8Array[];
}

interface Found {
  readonly merchant: TillMerchant | null;
  readonly card: CardByCode | null;
}

/** Who asks at the till, and about which card, in one round trip. */
export async function findAtTill(db: Db, { merchantId, ownerId, codeHashes }: FindAtTill): Promise<AtTill> {
  const [row] = await runPrepared<{ found: Found }>(db, FIND, [merchantId, ownerId, [...codeHashes]]);
  return { merchant: row?.found.merchant ?? undefined, card: row?.found.card ?? undefined };
}

const FIND: PreparedStatement = {
  name: 'find_at_till',
  text: 'select find_at_till($1::uuid, $2::uuid, $3::bytea[]) as found',
};
