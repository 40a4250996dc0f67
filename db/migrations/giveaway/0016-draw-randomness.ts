import type { Knex } from 'knex';

/** Draws that rest on a beacon and are witnessed; what is committed to stays, whatever the code does. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(COLUMNS);
  await knex.raw(COMMITTED);
}

const COLUMNS = `
alter table giveaway_draws
  alter column secret_sealed drop not null,
  alter column secret_hash drop not null,
  -- As the rules' text says it, fixed with it.
  add column randomness jsonb not null default '{"kind": "commit-reveal"}',
  add column witnessed boolean not null default false,
  -- Of the commitment, in hex; published with it.
  add column commitment_hash text,
  add column witness jsonb,
  add column beacon_chain jsonb,
  -- Of the round, in hex; absent until it is out.
  add column beacon_signature text,
  add check ((randomness ->> 'kind' = 'commit-reveal') = (secret_sealed is not null)),
  add check ((secret_sealed is null) = (secret_hash is null)),
  add check ((commitment is null) = (committed_at is null)),
  add check (beacon_signature is null or beacon_chain is not null);
`;

const COMMITTED = `
create function refuse_after_commitment(what text) returns void language plpgsql as $$
begin
  raise exception using errcode = 'HS002', message = format('%s: the draw is committed to', what);
end $$;

-- One commitment; the round's signature once.
create function giveaway_draw_is_committed() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' then
    perform refuse_after_commitment('A draw is not deleted');
  elsif (old.rules_text, old.randomness, old.witnessed, old.secret_hash, old.commitment, old.commitment_hash, old.signature,
      old.committed_at, old.witness, old.beacon_chain)
    is distinct from (new.rules_text, new.randomness, new.witnessed, new.secret_hash, new.commitment, new.commitment_hash,
      new.signature, new.committed_at, new.witness, new.beacon_chain)
    or old.beacon_signature is not null and new.beacon_signature is distinct from old.beacon_signature then
    perform refuse_after_commitment('A draw is not changed');
  end if;
  return new;
end $$;
create trigger giveaway_draws_committed before update or delete on giveaway_draws
  for each row when (old.commitment is not null) execute function giveaway_draw_is_committed();

-- No cancelling, no editing, no extension, and no way back.
create function giveaway_is_committed() returns trigger language plpgsql as $$
declare
  phases constant text[] := array['DRAWING', 'DRAWN', 'FULFILLING', 'COMPLETED'];
begin
  if coalesce(array_position(phases, new.state), 0) < array_position(phases, old.state) then
    perform refuse_after_commitment(format('A giveaway does not go from %s to %s', old.state, new.state));
  elsif (old.id, old.host_id, old.title, old.description, old.currency, old.opens_at, old.closes_at, old.claim_window_ms,
      old.rules, old.opened_at, old.closed_at)
    is distinct from (new.id, new.host_id, new.title, new.description, new.currency, new.opens_at, new.closes_at,
      new.claim_window_ms, new.rules, new.opened_at, new.closed_at) then
    perform refuse_after_commitment('A giveaway is not edited');
  end if;
  return new;
end $$;
create trigger giveaways_committed before update on giveaways
  for each row when (old.state in ('DRAWING', 'DRAWN', 'FULFILLING', 'COMPLETED')) execute function giveaway_is_committed();

-- The prizes are in the commitment, in their order; which card a prize is may change with its winner.
create function giveaway_prize_is_committed() returns trigger language plpgsql as $$
declare
  v_giveaway uuid := case tg_op when 'INSERT' then new.giveaway_id else old.giveaway_id end;
begin
  if tg_op = 'UPDATE' and (old.id, old.giveaway_id, old.group_id, old.position, old.merchant_id, old.catalogue_item_id, old.face_minor, old.currency)
    is not distinct from (new.id, new.giveaway_id, new.group_id, new.position, new.merchant_id, new.catalogue_item_id, new.face_minor, new.currency) then
    return new;
  elsif (select true from giveaways where id = v_giveaway and state in ('DRAWING', 'DRAWN', 'FULFILLING', 'COMPLETED')) then
    perform refuse_after_commitment('A prize is not changed');
  end if;
  return case tg_op when 'DELETE' then old else new end;
end $$;
create trigger giveaway_prizes_committed before insert or update or delete on giveaway_prizes
  for each row execute function giveaway_prize_is_committed();
`;
