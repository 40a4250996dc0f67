import type { Db } from '../connect.ts';
import { CatalogueItem, GiftCard, Settlement } from './model.ts';

export const listCatalogue = (db: Db, merchantId: string): Promise<CatalogueItem[]> =>
  Promise.resolve(CatalogueItem.query(db).where({ merchant_id: merchantId }).orderBy('created_at'));

export const findCard = (db: Db, id: string): Promise<GiftCard | undefined> =>
  Promise.resolve(GiftCard.query(db).findById(id));

/** What has become of a card's value: RESERVING, RESERVED, SETTLING, SETTLED, RELEASING, RELEASED or VOIDED. */
export async function cardState(db: Db, card: GiftCard): Promise<string> {
  if (card.state !== 'ISSUED') return card.state;
  if (card.remaining_minor > 0n) return 'RESERVED';
  const open = await db('card_escrows')
    .where({ card_id: card.id })
    .whereIn('state', ['SETTLING', 'RELEASING'])
    .orderBy('state', 'desc')
    .first<{ state: string }>('state');
  return open?.state ?? (card.redeemed_minor > card.refunded_minor ? 'SETTLED' : 'RELEASED');
}

export interface CardByCode {
  readonly id: string;
  readonly currency: string;
}

/** @param codeHashes the keyed hashes of a code, one for each look-up key: the code itself is nowhere. */
export const findCardByCode = (db: Db, codeHashes: readonly Uint8Array[]): Promise<CardByCode | undefined> =>
  db('gift_cards')
    .whereIn('code_hash', [...codeHashes])
    .first<CardByCode>('id', 'currency');

const withIntents = (db: Db) =>
  Settlement.query(db)
    .withGraphFetched('intents(inOrder)')
    .modifiers({ inOrder: (query) => void query.orderBy(['first_sent_at', 'number']) });

export const findSettlement = (db: Db, id: string): Promise<Settlement | undefined> =>
  Promise.resolve(withIntents(db).findById(id));

export interface SettlementFilter {
  readonly state?: string | undefined;
  readonly ownerId?: string | undefined;
  readonly limit: number;
}

/** Newest first. With an owner: only the settlements of that user's merchants. */
export function listSettlements(db: Db, { state, ownerId, limit }: SettlementFilter): Promise<Settlement[]> {
  const query = withIntents(db).orderBy('created_at', 'desc').limit(limit);
  if (state) void query.where({ state });
  if (ownerId) void query.whereIn('merchant_id', db('merchants').where({ owner_id: ownerId }).select('id'));
  return Promise.resolve(query);
}

export interface HistoryEntry {
  readonly state: string;
  readonly at: Date;
  readonly actor: string;
  readonly reason: string | null;
}

/** The states that a settlement went through, from its events. */
export const settlementHistory = (db: Db, settlementId: string): Promise<HistoryEntry[]> =>
  Promise.resolve(
    db('domain_events')
      .where({ aggregate_type: 'settlement', aggregate_id: settlementId })
      .whereRaw("payload ->> 'state' is not null")
      .orderBy('version')
      .select<HistoryEntry[]>(
        db.raw(`payload ->> 'state' as state, occurred_at as at, actor, payload ->> 'reason' as reason`),
      ),
  );

export async function isMerchantOwner(db: Db, merchantId: string | null, ownerId: string): Promise<boolean> {
  if (merchantId === null) return false;
  return (await db('merchants').where({ id: merchantId, owner_id: ownerId }).first('id')) !== undefined;
}
