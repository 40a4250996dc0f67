import type { Db } from '../connect.ts';

/** Where a page ended, and the account's balance there: microseconds since 1970, id, minor units. */
export interface StatementPosition {
  readonly effectiveUs: string;
  readonly transferId: string;
  readonly balanceMinor: bigint;
}

export interface StatementQuery {
  readonly accountId: string;
  /** Of the effective date; from this instant on. */
  readonly from?: Date | undefined;
  /** Before this instant. */
  readonly to?: Date | undefined;
  /** `booked`: what moves the balance. `all`: also what is set aside, and what was set free again. */
  readonly entries: 'booked' | 'all';
  readonly limit: number;
  readonly after?: StatementPosition | undefined;
}

export interface StatementEntry {
  readonly transferId: string;
  readonly effectiveAt: Date;
  readonly createdAt: Date;
  readonly kind: 'posted' | 'post' | 'pending' | 'void';
  readonly code: string;
  readonly referenceId: string;
  /** The transfer that this one takes back. */
  readonly correctsId: string | null;
  /** The type of the account on the other side. */
  readonly counterparty: string;
  /** On the account's normal side: negative is what left it. */
  readonly amountMinor: bigint;
  /** The posted balance after this entry; what is pending does not move it. */
  readonly balanceMinor: bigint;
  readonly effectiveUs: string;
}

interface Row {
  readonly id: string;
  readonly effective_at: Date;
  readonly effective_us: string;
  readonly created_at: Date;
  readonly kind: StatementEntry['kind'];
  readonly code: string;
  readonly reference_id: string;
  readonly corrects_id: string | null;
  readonly counterparty: string;
  readonly movement: bigint;
}

const KINDS = { booked: ['posted', 'post'], all: ['posted', 'post', 'pending', 'void'] } as const;

/** One side of the account, in the order of its index; each side gives at most a page. */
const SIDE = (side: 'debit' | 'credit', other: 'debit' | 'credit'): string => `
  (select t.id, t.effective_at, t.created_at, t.kind, t.code, t.reference_id, t.corrects_id, t.${other}_account_id as other_id,
     case when a.normal_side = '${side}' then t.amount_minor else -t.amount_minor end as movement
   from ledger_transfers t, ledger_accounts a
   where a.id = :accountId and t.${side}_account_id = :accountId and t.kind = any (:kinds)
     and (t.effective_at, t.id) > (cast(:afterAt as timestamptz), cast(:afterId as uuid)) and t.effective_at < cast(:to as timestamptz)
   order by t.effective_at, t.id limit :limit)`;

const PAGE = `
  select m.*, o.type as counterparty, (extract(epoch from m.effective_at) * 1000000)::bigint::text as effective_us
  from (${SIDE('debit', 'credit')} union all ${SIDE('credit', 'debit')}) m
  join ledger_accounts o on o.id = m.other_id
  order by m.effective_at, m.id limit :limit`;

/** Sorts before every id: with it `after` means "from this instant on". */
const FIRST_ID = '00000000-0000-0000-0000-000000000000';

/**
 * Entries of an account in the order of (effective date, id), each with the balance after it: a page costs what a page
 * holds, however long the account is. What is booked behind the position while one pages is in the next reading.
 * Asks for one entry more than the limit, which says whether there is another page.
 */
export async function readStatement(db: Db, query: StatementQuery): Promise<StatementEntry[]> {
  const { accountId, from, to, entries, limit, after } = query;
  const result: unknown = await db.raw(PAGE, {
    accountId,
    kinds: [...KINDS[entries]],
    afterAt: after ? instantOf(after.effectiveUs) : (from?.toISOString() ?? '-infinity'),
    afterId: after?.transferId ?? FIRST_ID,
    to: to?.toISOString() ?? 'infinity',
    limit: limit + 1,
  });
  let balance = after?.balanceMinor ?? (await balanceBefore(db, accountId, from));
  return (result as { rows: Row[] }).rows.map((row) => {
    if (row.kind === 'posted' || row.kind === 'post') balance += row.movement;
    return toEntry(row, balance);
  });
}

const toEntry = (row: Row, balanceMinor: bigint): StatementEntry => ({
  transferId: row.id,
  effectiveAt: row.effective_at,
  createdAt: row.created_at,
  kind: row.kind,
  code: row.code,
  referenceId: row.reference_id,
  correctsId: row.corrects_id,
  counterparty: row.counterparty,
  amountMinor: row.movement,
  balanceMinor,
  effectiveUs: row.effective_us,
});

/** JavaScript's dates know milliseconds, the ledger's microseconds. */
const instantOf = (us: string): string => {
  const padded = us.padStart(7, '0');
  return `${new Date(Number(padded.slice(0, -6)) * 1_000).toISOString().slice(0, -5)}.${padded.slice(-6)}Z`;
};

const balanceBefore = async (db: Db, accountId: string, from: Date | undefined): Promise<bigint> =>
  from === undefined ? 0n : readBalanceAt(db, { accountId, at: from });

export interface BalanceAt {
  readonly accountId: string;
  /** Of the effective date: what counts before this instant. */
  readonly at: Date;
  /** As it was known then: corrections that were booked later do not count. */
  readonly knownAt?: Date | undefined;
}

const NET = (where: string): string => `
  coalesce((select sum(t.amount_minor) from ledger_transfers t
    where t.debit_account_id = a.id and t.kind in ('posted', 'post') and ${where}), 0)
  - coalesce((select sum(t.amount_minor) from ledger_transfers t
    where t.credit_account_id = a.id and t.kind in ('posted', 'post') and ${where}), 0)`;

/** Back from today's balance: the past that is asked for is mostly the recent one. */
const AT = `
  select ((a.debits_posted - a.credits_posted - (${NET('t.effective_at >= cast(:at as timestamptz)')}))
    * case a.normal_side when 'debit' then 1 else -1 end)::bigint as balance
  from ledger_balances a where a.id = :accountId`;

const KNOWN_AT = `
  select ((${NET('t.effective_at < cast(:at as timestamptz) and t.created_at < cast(:knownAt as timestamptz)')})
    * case a.normal_side when 'debit' then 1 else -1 end)::bigint as balance
  from ledger_balances a where a.id = :accountId`;

/** The posted balance at a time, on the account's normal side, in minor units; nothing on an account never touched. */
export async function readBalanceAt(db: Db, { accountId, at, knownAt }: BalanceAt): Promise<bigint> {
  const instants = { accountId, at: at.toISOString(), knownAt: knownAt?.toISOString() ?? null };
  const result: unknown = await db.raw(knownAt ? KNOWN_AT : AT, instants);
  return (result as { rows: { balance: bigint }[] }).rows[0]?.balance ?? 0n;
}
