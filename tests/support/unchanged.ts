import { connect } from '../../db/connect.ts';
import type { Stack } from '../../scripts/stack/stack.ts';

const DIGEST = `
  select (select count(*) from ledger_transfers) as transfers, (select count(*) from domain_events) as events,
    (select coalesce(sum(debits_posted + debits_pending + credits_posted + credits_pending), 0) from ledger_balances) as balances`;
const STATES = {
  giveaway: `select coalesce(md5(string_agg(id::text || state, ',' order by id)), '') as states from (
    select id, state from giveaways union all select id, state from giveaway_awards union all select id, state from wallet_holds) s`,
  giftcard: `select coalesce(md5(string_agg(id::text || state, ',' order by id)), '') as states from (
    select id, state || remaining_minor as state from gift_cards union all select id, state from card_escrows union all select id, state from settlements union all select id, state from escrow_reservations) s`,
} as const;

/** Ledger rows, events, balances and states of both databases, as one text to compare. */
export async function digestOf(stack: Stack): Promise<string> {
  const parts: unknown[] = [];
  for (const name of ['giveaway', 'giftcard'] as const) {
    const url = stack.environment[`DATABASE_URL_${name.toUpperCase()}`] ?? '';
    const db = connect({ url, poolMax: 1, applicationName: 'handsel-test-digest' });
    try {
      parts.push((await db.raw(DIGEST)).rows, (await db.raw(STATES[name])).rows);
    } finally {
      await db.destroy();
    }
  }
  return JSON.stringify(parts, (_key, value: unknown) => (typeof value === 'bigint' ? value.toString() : value));
}
