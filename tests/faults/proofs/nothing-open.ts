import type { Stack } from '../../../scripts/stack/stack.ts';
import { rowsOf } from './rows.ts';

/** Rows of a process that has not ended, by database. */
const OPEN = {
  GIVEAWAY: `
    select 'funding ' || id || ' is ' || state as what from wallet_fundings where state not in ('SUCCEEDED', 'FAILED')
    union all select 'withdrawal ' || id || ' is ' || state from wallet_withdrawals where state not in ('SUCCEEDED', 'FAILED', 'RETURNED')
    union all select 'hold ' || id || ' is ' || state from wallet_holds where state = 'HELD'
    union all select 'giveaway ' || id || ' is ' || state from giveaways where state = 'FUNDING'`,
  GIFTCARD: `
    select 'settlement ' || id || ' is ' || state || coalesce(': ' || reason, '') as what from settlements where state <> 'SETTLED'
    union all select 'refund ' || id || ' is ' || state from refunds where state <> 'COMPLETED'
    union all select 'release ' || id || ' is ' || state from escrow_releases where state <> 'RELEASED'
    union all select 'reservation ' || id || ' is ' || state from escrow_reservations where state = 'RESERVING'
    union all select 'order ' || id || ' is ' || state from card_orders where state in ('RESERVING', 'ISSUING')
    union all select 'top-up ' || id || ' is ' || state || coalesce(': ' || failure_code, '') from airtime_vends
      where state not in ('DELIVERED', 'FAILED_DEFINITE', 'REVERSED')
    union all select 'escrow ' || id || ' is ' || state from card_escrows where state in ('SETTLING', 'RELEASING')`,
} as const;

/** The auditor that runs by itself stops the payouts of a book that is broken; of one that holds it must not. */
const HALTS = `
  select 'the auditor stopped payouts of ' || h.currency || ': '
    || coalesce((select string_agg(distinct f.check_name, ', ') from audit_findings f where f.halt_id = h.id), 'no finding') as what
  from payout_halts h`;

/** What the product's own auditor took for broken meanwhile. */
export async function payoutsHalted(stack: Stack): Promise<string[]> {
  const halts = [
    ...(await rowsOf<{ what: string }>(stack, 'GIVEAWAY', HALTS)),
    ...(await rowsOf<{ what: string }>(stack, 'GIFTCARD', HALTS)),
  ];
  return halts.map(({ what }) => what);
}

/** What has not ended, and waits for nobody's decision. */
export async function nothingOpen(stack: Stack): Promise<string[]> {
  const found: string[] = [];
  for (const name of ['GIVEAWAY', 'GIFTCARD'] as const)
    found.push(...(await rowsOf<{ what: string }>(stack, name, OPEN[name])).map(({ what }) => what));
  return found;
}
