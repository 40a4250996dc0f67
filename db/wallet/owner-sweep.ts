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
