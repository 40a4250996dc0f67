import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(RUNS);
  await knex.raw(HALTS);
  await knex.raw(ALERTS);
}

const RUNS = `
-- What moved lately is found without an index that every transfer would have to be sorted into.
create index ledger_transfers_created on ledger_transfers using brin (created_at) with (pages_per_range = 16, autosummarize = on);

create table audit_runs (
  id uuid primary key,
  -- touched: what moved since the last run; whole: everything; recheck: some checks, over everything.
  scope text not null check (scope in ('touched', 'whole', 'recheck')),
  requested_by text not null,
  started_at timestamptz not null,
  -- Where the next run over what moved begins.
  since timestamptz not null,
  since_transaction xid8 not null,
  checked bigint not null,
  in_flight bigint not null,
  late bigint not null,
  broken bigint not null,
  -- By check: what it looked at, and what it found.
  results jsonb not null,
  created_at timestamptz not null default now()
);
create index audit_runs_newest on audit_runs (created_at desc, id);

-- One case for each thing that is late or broken, however many runs see it.
create table audit_findings (
  id uuid primary key,
  check_name text not null,
  subject text not null,
  -- '*': of every currency.
  currency text not null,
  verdict text not null check (verdict in ('late', 'broken')),
  facts jsonb not null,
  -- CLEARED: a run over everything sees it no more. WAIVED: two people have said that it may stay as it is.
  state text not null default 'OPEN' check (state in ('OPEN', 'WAIVED', 'CLEARED')),
  run_id uuid not null,
  last_run_id uuid not null,
  halt_id uuid,
  last_seen_at timestamptz not null default now(),
  ended_at timestamptz,
  created_at timestamptz not null default now(),
  check ((state = 'OPEN') = (ended_at is null))
);
create unique index audit_findings_standing on audit_findings (check_name, subject, currency) where state <> 'CLEARED';
create index audit_findings_newest on audit_findings (created_at desc, id);
create index audit_findings_halt on audit_findings (halt_id) where halt_id is not null;
`;

const HALTS = `
-- While one is not lifted, no new payout of the currency ('*': of any) is begun out of this book.
create table payout_halts (
  id uuid primary key,
  currency text not null,
  run_id uuid not null,
  lifted_at timestamptz,
  lifted_by text,
  lift_reason text,
  created_at timestamptz not null default now(),
  check ((lifted_at is null) = (lifted_by is null) and (lifted_at is null) = (lift_reason is null))
);
create unique index payout_halts_active on payout_halts (currency) where lifted_at is null;
create index payout_halts_newest on payout_halts (created_at desc, id);
`;

const ALERTS = `
-- What people have to be told, once per case; a sweep delivers it, and tries again until it is delivered.
create table alerts (
  id uuid primary key,
  key text not null unique,
  summary text not null,
  correlation_id text not null,
  attempts int not null default 0,
  next_attempt_at timestamptz not null default now(),
  last_error text,
  delivered_at timestamptz,
  created_at timestamptz not null default now()
);
create index alerts_due on alerts (next_attempt_at) where delivered_at is null;
`;
