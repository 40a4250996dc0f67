import type { Knex } from 'knex';

/** Says cheaply, when a draw reads its entries again, that they are those of the commitment. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
-- SHA-256 in hex of the rows as they were read; fixed with the commitment.
alter table giveaway_draws add column entries_digest text;
create or replace function giveaway_draw_is_committed() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' then
    perform refuse_after_commitment('A draw is not deleted');
  elsif (old.rules_text, old.randomness, old.witnessed, old.secret_hash, old.commitment, old.commitment_hash, old.signature,
      old.committed_at, old.witness, old.beacon_chain, old.entries_digest)
    is distinct from (new.rules_text, new.randomness, new.witnessed, new.secret_hash, new.commitment, new.commitment_hash,
      new.signature, new.committed_at, new.witness, new.beacon_chain, new.entries_digest)
    or old.beacon_signature is not null and new.beacon_signature is distinct from old.beacon_signature then
    perform refuse_after_commitment('A draw is not changed');
  end if;
  return new;
end $$;
`);
}
