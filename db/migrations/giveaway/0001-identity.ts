import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
create table users (
  id uuid primary key,
  email text not null,
  password_hash text not null,
  display_name text not null,
  roles text[] not null check (cardinality(roles) > 0
    and roles <@ array['participant', 'host', 'merchant', 'finance', 'ops', 'admin']),
  created_at timestamptz not null default now()
);
create unique index users_email on users (lower(email));

-- One log-in, and all the refresh tokens that come of each other: used twice, all of it ends.
create table sessions (
  id uuid primary key,
  user_id uuid not null references users,
  started_at timestamptz not null default now(),
  ended_at timestamptz,
  end_reason text check (end_reason in ('logged_out', 'token_reused')),
  check ((ended_at is null) = (end_reason is null))
);
create index sessions_user on sessions (user_id);

-- Only the hash is kept.
create table refresh_tokens (
  token_hash bytea primary key,
  session_id uuid not null references sessions,
  expires_at timestamptz not null,
  used_at timestamptz
);
create index refresh_tokens_session on refresh_tokens (session_id);

-- Only the hash is kept. A key does what its scopes and the roles of its owner both allow.
create table api_keys (
  id uuid primary key,
  user_id uuid not null references users,
  name text not null,
  key_hash bytea not null unique,
  scopes text[] not null check (cardinality(scopes) > 0),
  created_at timestamptz not null default now(),
  last_used_at timestamptz,
  revoked_at timestamptz
);
create index api_keys_user on api_keys (user_id, created_at desc, id);
`);
}
