import type { Knex } from 'knex';

/** One row per idempotency key: what was asked, and the answer once there is one. Written before the work begins. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
create table idempotency_keys (
  principal text not null,
  route text not null,
  key text not null check (length(key) between 1 and 255),
  request_hash bytea not null,
  resource_id uuid not null,
  -- Who works on it now; null once an attempt has ended without an answer that may be kept.
  attempt_id uuid,
  claimed_at timestamptz not null default clock_timestamp(),
  -- What decides nothing (accepted, who one is, how often one asks, our own trouble) is never the answer.
  status smallint check (status between 200 and 499 and status not in (202, 401, 403, 429)),
  headers jsonb,
  response jsonb,
  completed_at timestamptz,
  primary key (principal, route, key),
  constraint idempotency_keys_answered check ((status is null) = (completed_at is null) and (status is null) = (headers is null))
);
`);
}
