import type { Knex } from 'knex';

/** What one person asks for and another approves. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
create table decisions (
  id uuid primary key,
  subject_type text not null,
  subject_id uuid not null,
  case_number int not null,
  kind text not null,
  reason text not null,
  requested_by text not null,
  approved_by text,
  created_at timestamptz not null default now(),
  approved_at timestamptz,
  unique (subject_type, subject_id, case_number, kind),
  constraint decisions_two_people check (approved_by is null or approved_by <> requested_by),
  check ((approved_by is null) = (approved_at is null))
);
`);
}
