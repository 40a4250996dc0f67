import type { Db } from '../connect.ts';

export interface ExplainedLine {
  readonly id: string;
  readonly kind: 'redemption' | 'refund' | 'carried';
  readonly grossMinor: bigint;
  readonly feeMinor: bigint;
  readonly serviceMinor: bigint;
  readonly merchantMinor: bigint;
  /** Of a redemption: its card's terms, and what of the card was redeemed before. */
  readonly cardId: string | null;
  readonly faceMinor: bigint | null;
  readonly fundingFeeMinor: bigint | null;
  readonly rateVersion: number | null;
  readonly ratePpm: bigint | null;
  readonly rateMinMinor: bigint | null;
  readonly rateMaxMinor: bigint | null;
  readonly redeemedBeforeMinor: bigint | null;
}

/** The lines of a settlement with what they were computed from, by id, after the given one. */
export async function settlementLines(
  db: Db,
  { settlementId, after, limit }: { settlementId: string; after: string | undefined; limit: number },
): Promise<ExplainedLine[]> {
  const query = db('settlement_lines as l')
    .leftJoin('redemptions as r', 'r.id', 'l.id')
    .leftJoin('gift_cards as c', 'c.id', 'r.card_id')
    .where('l.settlement_id', settlementId)
    .orderBy('l.id')
    .limit(limit + 1);
  if (after !== undefined) void query.where('l.id', '>', after);
  return query.select<ExplainedLine[]>({
    id: 'l.id',
    kind: 'l.kind',
    grossMinor: 'l.gross_minor',
    feeMinor: 'l.fee_minor',
    serviceMinor: 'l.service_minor',
    merchantMinor: 'l.merchant_minor',
    cardId: 'c.id',
    faceMinor: 'c.face_minor',
    fundingFeeMinor: 'c.funding_fee_minor',
    rateVersion: 'c.rate_version',
    ratePpm: 'c.rate_ppm',
    rateMinMinor: 'c.rate_min_minor',
    rateMaxMinor: 'c.rate_max_minor',
    redeemedBeforeMinor: 'r.redeemed_before_minor',
  });
}

export interface ExplainedTransfer {
  readonly id: string;
  readonly kind: string;
  readonly code: string;
  readonly referenceId: string;
  readonly debit: string;
  readonly credit: string;
  readonly amountMinor: string;
  readonly at: string;
}

/** The ledger's transfers of these business objects, in the order in which they were booked. */
export async function transfersOf(db: Db, referenceIds: readonly string[]): Promise<ExplainedTransfer[]> {
  const result: unknown = await db.raw(
    `select t.id, t.kind, t.code, t.reference_id as "referenceId", d.type || '/' || d.owner_id as debit, c.type || '/' || c.owner_id as credit,
       t.amount_minor::text as "amountMinor", to_jsonb(t.created_at) #>> '{}' as at
     from ledger_transfers t
     join ledger_accounts d on d.id = t.debit_account_id
     join ledger_accounts c on c.id = t.credit_account_id
     where t.reference_id = any (?) order by t.created_at, t.id`,
    [[...referenceIds]],
  );
  return (result as { rows: ExplainedTransfer[] }).rows;
}
