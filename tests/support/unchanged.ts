import { connect } from '../../db/connect.ts';
import type { Stack } from '../../scripts/stack/stack.ts';
import { PATIENCE_MS } from './database.ts';

const DIGEST = `
  select (select count(*) from ledger_transfers) as transfers, (select count(*) from domain_events) as events,
    (select coalesce(sum(debits_posted + debits_pending + credits_posted + credits_pending), 0) from ledger_balances) as balances`;
const STATES = {
  giveaway: `select coalesce(md5(string_agg(id::text || state, ',' order by id)), '') as states from (
    select id, state from giveaways union all select id, state from giveaway_awards union all select id, state from wallet_holds) s`,
  giftcard: `select coalesce(md5(string_agg(id::text || state, ',' order by id)), '') as states from (
    select id, state || remaining_minor as state from gift_cards union all select id, state from card_escrows union all select id, state from settlements union all select id, state from escrow_reservations) s`,
} as const;
/** Without what is noted of an attempt that was undone: it moves nothing. */
const MOVED = {
  giveaway: `select md5(string_agg(a::text, ',' order by id)) as accounts,
    (select count(*) from ledger_transfers where kind <> 'tombstone') as transfers from ledger_balances a`,
  giftcard: `select md5(string_agg(a::text, ',' order by id)) as accounts, (select count(*) from gift_cards) as cards,
    (select count(*) from ledger_transfers where kind <> 'tombstone') as transfers from ledger_balances a`,
} as const;

/** Ledger rows, events, balances and states of both databases, as one text to compare. */
export const digestOf = (stack: Stack): Promise<string> => read(stack, (name) => [DIGEST, STATES[name]]);

/** What money has moved in both databases, and whose it is, as one text to compare. */
export const movedIn = (stack: Stack): Promise<string> => read(stack, (name) => [MOVED[name]]);

async function read(stack: Stack, queriesOf: (name: 'giveaway' | 'giftcard') => readonly string[]): Promise<string> {
  const parts: unknown[] = [];
  for (const name of ['giveaway', 'giftcard'] as const) {
    const url = stack.environment[`DATABASE_URL_${name.toUpperCase()}`] ?? '';
    const db = connect({ url, poolMax: 1, applicationName: 'handsel-test-digest', patienceMs: PATIENCE_MS });
    try {
      for (const query of queriesOf(name)) parts.push((await db.raw(query)).rows);
    } finally {
      await db.destroy();
    }
  }
  return JSON.stringify(parts, (_key, value: unknown) => (typeof value === 'bigint' ? value.toString() : value));
}
