import type { Db } from '../connect.ts';
import { untouchedRows, type UntouchedRow } from '../untouched-rows.ts';

interface OfHost extends UntouchedRow {
  readonly hostId: string;
}

export interface OpenMovement extends OfHost {
  readonly currency: string;
  readonly amountMinor: bigint;
}

export const untouchedFundings = untouchedRows<OpenMovement & { readonly source: string }>({
  from: 'wallet_fundings t',
  aggregate: 'wallet_funding',
  columns: 't.host_id as "hostId", t.currency, t.amount_minor as "amountMinor", t.source',
  open: "t.state in ('PENDING', 'NEEDS_ATTENTION')",
});

export const untouchedWithdrawals = untouchedRows<OpenMovement>({
  from: 'wallet_withdrawals t',
  aggregate: 'wallet_withdrawal',
  columns: 't.host_id as "hostId", t.currency, t.amount_minor as "amountMinor"',
  open: "t.state not in ('SUCCEEDED', 'FAILED', 'RETURNED')",
});

/** Also those that have ended, until the host's escrow is free again. */
export const untouchedDisputes = untouchedRows<OpenMovement>({
  from: 'wallet_disputes t',
  aggregate: 'wallet_dispute',
  columns: 't.host_id as "hostId", t.currency, t.amount_minor as "amountMinor"',
  open: 't.unfrozen_at is null',
});

/** Money that a publish has set aside. What a card order has set aside is the order's to say. */
export const untouchedPublishHolds = untouchedRows<OfHost & { readonly giveawayId: string }>({
  from: 'wallet_holds t',
  aggregate: 'wallet_hold',
  columns: 't.host_id as "hostId", t.giveaway_id as "giveawayId"',
  open: "t.state = 'HELD' and t.giveaway_id is not null",
});

export interface WaitingPayouts {
  /** `*`: every currency. */
  readonly currency: string;
  readonly after: string | undefined;
  readonly limit: number;
}

/** Withdrawals that have nothing at the provider, and so may wait for the end of a halt; in the order of their ids. */
export function waitingWithdrawals(db: Db, { currency, after, limit }: WaitingPayouts): Promise<string[]> {
  const query = db('wallet_withdrawals as w')
    .whereIn('state', ['PAYING', 'WAITING_FOR_BALANCE'])
    .whereRaw(
      `not exists (select from wallet_withdrawal_intents i where i.withdrawal_id = w.id and i.state in ('SENT', 'UNKNOWN'))`,
    );
  if (currency !== '*') void query.where({ currency });
  if (after !== undefined) void query.where('id', '>', after);
  return query.orderBy('id').limit(limit).pluck<string[]>('id');
}
