import type { Db } from '../connect.ts';
import type { Page } from '../page.ts';
import { filterCases, type CaseFilter, type CaseTable } from '../parked-cases.ts';
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

const withIntents = (db: Db) =>
  Settlement.query(db)
    .withGraphFetched('intents(inOrder)')
    .modifiers({ inOrder: (query) => void query.orderBy(['first_sent_at', 'number']) });

export const findSettlement = (db: Db, id: string): Promise<Settlement | undefined> =>
  Promise.resolve(withIntents(db).findById(id));

export const SETTLEMENT_CASES: CaseTable = {
  table: 'settlements',
  reason: 'reason',
  amount: 'merchant_minor',
  state: 'NEEDS_ATTENTION',
};

export interface SettlementFilter extends Page, CaseFilter {
  readonly state?: string | undefined;
  readonly kind?: string | undefined;
  readonly merchantId?: string | undefined;
  /** Only the settlements of this user's merchants. */
  readonly ownerId?: string | undefined;
}

/** Newest first, one more than the limit if there are as many. */
export function listSettlements(
  db: Db,
  { ownerId, merchantId, limit, after, reason, currency, minAgeMs, ...filter }: SettlementFilter,
): Promise<Settlement[]> {
  const query = withIntents(db)
    .orderBy([
      { column: 'created_at', order: 'desc' },
      { column: 'id', order: 'desc' },
    ])
    .limit(limit + 1);
  for (const [column, value] of Object.entries({ ...filter, merchant_id: merchantId }))
    if (value !== undefined) void query.where(column, value);
  filterCases(query, SETTLEMENT_CASES, { reason, currency, minAgeMs });
  if (ownerId !== undefined)
    void query.whereIn('merchant_id', db('merchants').where({ owner_id: ownerId }).select('id'));
  if (after !== undefined)
    void query.whereRaw('(created_at, id) < (select p.created_at, p.id from settlements p where p.id = ?)', [after]);
  return Promise.resolve(query);
}

/** Where a settlement's merchant is paid, should it be paid now. */
export async function payoutAccountOf(
  db: Db,
  { payout_account: amended, merchant_id: id }: Settlement,
): Promise<string | null> {
  if (amended !== null || id === null) return amended;
  const merchant = await db('merchants').where({ id }).first<{ payout_account: string } | undefined>('payout_account');
  return merchant?.payout_account ?? null;
}

export interface HistoryEntry {
  readonly state: string;
  readonly at: Date;
  readonly actor: string;
  readonly reason: string | null;
  /** Of what was parked, or decided. */
  readonly caseNumber: number | null;
}

/** The states that a settlement went through, from its events. */
export const settlementHistory = (db: Db, settlementId: string): Promise<HistoryEntry[]> =>
  Promise.resolve(
    db('domain_events')
      .where({ aggregate_type: 'settlement', aggregate_id: settlementId })
      .whereRaw("payload ->> 'state' is not null")
      .orderBy('version')
      .select<HistoryEntry[]>(
        db.raw(`payload ->> 'state' as state, occurred_at as at, actor, payload ->> 'reason' as reason,
          (payload ->> 'caseNumber')::int as "caseNumber"`),
      ),
  );

export async function isMerchantOwner(db: Db, merchantId: string | null, ownerId: string): Promise<boolean> {
  if (merchantId === null) return false;
  return (await db('merchants').where({ id: merchantId, owner_id: ownerId }).first('id')) !== undefined;
}
