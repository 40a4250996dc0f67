import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
create table users (
  id uuid primary key,
  email text not null,
  password_hash text not null,
  display_name text not null,
  roles text[] not null,
  created_at timestamptz not null default now()
);
create unique index users_email on users (lower(email));

-- Of a refresh token only its hash is kept. Tokens that come of each other are one family: used twice, all of it ends.
create table refresh_tokens (
  token_hash bytea primary key,
  family_id uuid not null,
  user_id uuid not null references users,
  expires_at timestamptz not null,
  used_at timestamptz,
  revoked_at timestamptz
);
create index refresh_tokens_family on refresh_tokens (family_id);
`);
}
