import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(TABLES);
  await knex.raw(CASES);
}

const TABLES = `
-- What the provider says of a day, held against what we have. One for each provider and day; run anew it is the same.
create table reconciliations (
  id uuid primary key,
  provider text not null,
  business_date date not null,
  state text not null default 'READING' check (state in ('READING', 'DONE')),
  -- Each reading of the file has a number; the lines of earlier ones are deleted.
  run int not null default 1,
  -- Whether the provider's day was over when it was read.
  final boolean,
  report jsonb,
  requested_by text not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (provider, business_date)
);
create index reconciliations_newest on reconciliations (created_at desc, id);
create index reconciliations_open on reconciliations (updated_at, id) where state = 'READING';

-- The provider's lines as they came, for a while.
create table reconciliation_lines (
  reconciliation_id uuid not null,
  run int not null,
  line_number int not null check (line_number > 0),
  reference text,
  -- The reference, where it is an id of ours.
  intent_id uuid,
  kind text not null check (kind in ('charge', 'transfer', 'reversal', 'fee')),
  state text not null,
  amount_minor bigint not null,
  fee_minor bigint not null,
  currency text not null,
  at timestamptz not null,
  -- The other service has it.
  elsewhere boolean not null default false,
  primary key (reconciliation_id, run, line_number)
);
create index reconciliation_lines_intent on reconciliation_lines (intent_id) where intent_id is not null;
`;

const CASES = `
create table reconciliation_cases (
  id uuid primary key,
  reconciliation_id uuid not null references reconciliations,
  provider text not null,
  business_date date not null,
  kind text not null check (kind in ('missing_here', 'missing_there', 'amount_differs', 'state_differs', 'listed_twice')),
  reference text,
  -- Of an intent of ours: whose it is.
  intent_id uuid,
  subject_type text check (subject_type in ('funding', 'withdrawal', 'settlement', 'refund')),
  subject_id uuid,
  currency text not null,
  ours jsonb,
  theirs jsonb,
  -- What the provider's account has more than our book says because of this; negative: it lacks money.
  difference_minor bigint not null,
  state text not null default 'OPEN' check (state in ('OPEN', 'RESOLVED')),
  case_number int not null default 1,
  assignee text,
  resolution text check (resolution in ('adopted', 'loss_accepted', 'dismissed', 'matched_later')),
  reason text,
  resolved_by text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  check ((state = 'RESOLVED') = (resolution is not null)),
  check ((resolution is null) = (resolved_by is null))
);
create index reconciliation_cases_newest on reconciliation_cases (created_at desc, id);
create index reconciliation_cases_open on reconciliation_cases (updated_at, id) where state = 'OPEN';
create index reconciliation_cases_of on reconciliation_cases (reconciliation_id, id);
`;
