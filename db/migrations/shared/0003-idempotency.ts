import type { Knex } from 'knex';

/** One row per idempotency key: what was asked, and the answer once there is one. Written before the work begins. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
create table idempotency_keys (
  principal text not null,
  route text not null,
  key text not null,
  request_hash bytea not null,
  resource_id uuid not null,
  status smallint,
  response jsonb,
  claimed_at timestamptz not null default clock_timestamp(),
  completed_at timestamptz,
  primary key (principal, route, key),
  check ((status is null) = (completed_at is null))
);
`);
}
