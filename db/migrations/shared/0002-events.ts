import type { Knex } from 'knex';

/**
 * Every change of state writes an event in the same transaction: the audit trail, and the outbox that feeds
 * everybody who wants to know. Events of one aggregate are numbered and hash-chained.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
create table domain_events (
  position bigint generated always as identity primary key,
  -- Readers stop at the oldest running transaction: positions are handed out before commit, so a gap may still fill.
  transaction_id xid8 not null default pg_current_xact_id(),
  aggregate_type text not null,
  aggregate_id uuid not null,
  version int not null check (version > 0),
  type text not null,
  payload jsonb not null,
  actor text not null,
  correlation_id text not null,
  occurred_at timestamptz not null default clock_timestamp(),
  previous_hash bytea,
  hash bytea not null,
  constraint domain_events_version unique (aggregate_type, aggregate_id, version)
);
create index domain_events_order on domain_events (transaction_id, position);
create trigger domain_events_append_only before update or delete or truncate on domain_events
  for each statement execute function refuse_change();

create table outbox_cursors (
  consumer text primary key,
  transaction_id xid8 not null default '0',
  position bigint not null default 0,
  updated_at timestamptz not null default now()
);

create function domain_event_hash(e domain_events) returns bytea language sql immutable as $$
  select sha256(convert_to(concat_ws(chr(31),
    e.aggregate_type, e.aggregate_id, e.version, e.type, e.payload, e.actor, e.correlation_id,
    (extract(epoch from e.occurred_at) * 1000000)::bigint, encode(coalesce(e.previous_hash, ''), 'hex')), 'UTF8'))
$$;

create function domain_event_chain() returns trigger language plpgsql as $$
begin
  select p.hash, p.version + 1 into new.previous_hash, new.version from domain_events p
  where p.aggregate_type = new.aggregate_type and p.aggregate_id = new.aggregate_id
  order by p.version desc limit 1;
  new.version := coalesce(new.version, 1);
  new.hash := domain_event_hash(new);
  return new;
end $$;
create trigger domain_events_chain before insert on domain_events for each row execute function domain_event_chain();
`);
}
