import type { Knex } from 'knex';
import type { Db } from '../connect.ts';
import { newestFirst, type Page } from '../page.ts';
import { filterCases, type CaseFilter, type CaseTable } from '../parked-cases.ts';
import type { Dispute } from './dispute-funding.ts';
import type { Funding } from './fund-wallet.ts';
import type { Withdrawal } from './withdraw-wallet.ts';

export interface WalletView {
  readonly currency: string;
  readonly state: 'ACTIVE' | 'FROZEN';
  readonly frozenReason: string | null;
  readonly payoutAccount: string | null;
  readonly spendableAfterMs: bigint;
  /** All that is the host's. */
  readonly balanceMinor: bigint;
  /** Set aside for what is being published, ordered or withdrawn. */
  readonly heldMinor: bigint;
  /** The balance less what is held. */
  readonly availableMinor: bigint;
  /** Charged too lately to be spent. */
  readonly waitingMinor: bigint;
  /** What may be spent now. */
  readonly spendableMinor: bigint;
  /** What the provider kept of the charges, and travels with the money until redemptions win it back. */
  readonly carriedFeeMinor: bigint;
}

const WALLETS = `
  select w.currency, w.state, w.frozen_reason as "frozenReason", w.payout_account as "payoutAccount",
    w.spendable_after_ms as "spendableAfterMs", s.available + coalesce(a.debits_pending, 0) as "balanceMinor",
    coalesce(a.debits_pending, 0) as "heldMinor", s.available as "availableMinor", least(s.waiting, s.available) as "waitingMinor",
    greatest(s.available - s.waiting, 0) as "spendableMinor", s.carried_fee as "carriedFeeMinor"
  from wallets w cross join lateral spendable(w.host_id, w.currency) s
  left join ledger_balances a on a.id = ledger_uuid('account', 'host:wallet', w.host_id::text, w.currency)
  where w.host_id = ? order by w.currency`;

/** A host's wallets with their balances, one per currency. */
export async function listWallets(db: Db, hostId: string): Promise<WalletView[]> {
  const result: unknown = await db.raw(WALLETS, [hostId]);
  return (result as { rows: WalletView[] }).rows;
}

export const WITHDRAWAL_CASES: CaseTable = {
  table: 'wallet_withdrawals',
  reason: 'failure_code',
  amount: 'amount_minor',
  state: 'NEEDS_ATTENTION',
};
export const FUNDING_CASES: CaseTable = { ...WITHDRAWAL_CASES, table: 'wallet_fundings' };
export const DISPUTE_CASES: CaseTable = {
  ...WITHDRAWAL_CASES,
  table: 'wallet_disputes',
  reason: 'state',
  state: 'OPEN',
};

export interface WalletRowFilter extends Page, Pick<CaseFilter, 'reason' | 'minAgeMs'> {
  /** Absent: of all hosts. */
  readonly hostId?: string | undefined;
  readonly currency?: string | undefined;
  readonly state?: string | undefined;
}

/** Newest first; one more than the limit where there is another page. */
export const listFundings = (db: Db, filter: WalletRowFilter): Promise<Funding[]> =>
  listAnswers<Funding>(db, { table: 'wallet_fundings', answer: 'funding_answer' }, filter);

/** Newest first; one more than the limit where there is another page. */
export const listWithdrawals = (db: Db, filter: WalletRowFilter): Promise<Withdrawal[]> =>
  listAnswers<Withdrawal>(db, { table: 'wallet_withdrawals', answer: 'withdrawal_answer' }, filter);

export const findWithdrawal = async (db: Db, id: string): Promise<Withdrawal | undefined> =>
  (await answersOf<Withdrawal>(db, 'wallet_withdrawals', 'withdrawal_answer').where({ id }))[0]?.answer;

/** Newest first; one more than the limit where there is another page. */
export const listDisputes = (db: Db, filter: WalletRowFilter): Promise<Dispute[]> =>
  listAnswers<Dispute>(db, { table: 'wallet_disputes', answer: 'dispute_answer' }, filter);

export const findDispute = async (db: Db, id: string): Promise<Dispute | undefined> =>
  (await answersOf<Dispute>(db, 'wallet_disputes', 'dispute_answer').where({ id }))[0]?.answer;

export interface WithdrawalIntent {
  readonly intentId: string;
  readonly number: number;
  readonly amountMinor: bigint;
  readonly destinationAccount: string;
  readonly state: 'SENT' | 'UNKNOWN' | 'SUCCEEDED' | 'FAILED_DEFINITE' | 'REVERSED';
  readonly failureCode: string | null;
  readonly firstSentAt: Date;
}

/** What the provider was asked to pay, the newest last. */
export const listWithdrawalIntents = (db: Db, withdrawalId: string): Promise<WithdrawalIntent[]> =>
  db('wallet_withdrawal_intents').where({ withdrawal_id: withdrawalId }).orderBy('number').select<WithdrawalIntent[]>({
    intentId: 'id',
    number: 'number',
    amountMinor: 'amount_minor',
    destinationAccount: 'destination_account',
    state: 'state',
    failureCode: 'failure_code',
    firstSentAt: 'first_sent_at',
  });

/** The withdrawal that a payout at the provider belongs to: our reference there is the intent's id. */
export async function findWithdrawalOfIntent(db: Db, intentId: string): Promise<string | undefined> {
  const row = await db('wallet_withdrawal_intents')
    .where({ id: intentId })
    .first<{ withdrawal_id: string } | undefined>('withdrawal_id');
  return row?.withdrawal_id;
}

/** The funding whose charge the provider knows by this id of its own. */
export async function findFundingOfCharge(db: Db, providerId: string): Promise<string | undefined> {
  const row = await db('wallet_fundings').where({ provider_id: providerId }).first<{ id: string } | undefined>('id');
  return row?.id;
}

/** Rows as the commands answer them: one presentation, made by the database. */
const answersOf = <T>(db: Db, table: string, answer: string): Knex.QueryBuilder<object, { answer: T }[]> =>
  db(table).select<{ answer: T }[]>(db.raw('??(??) as answer', [answer, table]));

async function listAnswers<T>(
  db: Db,
  { table, answer }: { table: string; answer: string },
  { hostId, currency, state, reason, minAgeMs, ...page }: WalletRowFilter,
): Promise<T[]> {
  const query = answersOf<T>(db, table, answer);
  const wanted = Object.entries({ host_id: hostId, currency, state }).filter(([, value]) => value !== undefined);
  void query.where(Object.fromEntries(wanted));
  filterCases(query, { ...WITHDRAWAL_CASES, table }, { reason, minAgeMs });
  newestFirst(query, table, page);
  return (await query).map((row) => row.answer);
}
