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

interface Row {
  readonly merchant_id: string | null;
  readonly kind: TillMerchant['kind'];
  readonly payout_schedule: TillMerchant['payoutSchedule'];
  readonly card_id: string | null;
  readonly currency: string;
}

/** Who asks at the till, and about which card, in one round trip. */
export async function findAtTill(db: Db, { merchantId, ownerId, codeHashes }: FindAtTill): Promise<AtTill> {
  const [row] = await runPrepared<Row>(db, FIND, [merchantId, ownerId, [...codeHashes]]);
  if (!row) return { merchant: undefined, card: undefined };
  return {
    merchant:
      row.merchant_id === null
        ? undefined
        : { id: row.merchant_id, kind: row.kind, payoutSchedule: row.payout_schedule },
    card: row.card_id === null ? undefined : { id: row.card_id, currency: row.currency },
  };
}

const FIND: PreparedStatement = {
  name: 'find_at_till',
  text: `
select m.id as merchant_id, m.kind, m.payout_schedule, c.id as card_id, c.currency
from (select id, kind, payout_schedule from merchants where id = $1::uuid and owner_id = $2::uuid) m
full join (select id, currency from gift_cards where code_hash = any ($3::bytea[])) c on true`,
};
