import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(PAGES);
  await knex.raw(MOVE_RANKINGS);
  await knex.raw(PROOFS);
}

const PAGES = `
-- The ranking of a draw: 4,096 ranks a row, a commitment of 32 bytes each. A row for each rank would be twenty times as
-- large, and most of what a draw of a million takes.
create table giveaway_ranking_pages (
  giveaway_id uuid not null,
  draw_number int not null,
  first_rank int not null check (first_rank > 0 and first_rank % 4096 = 1),
  commitments bytea not null check (octet_length(commitments) between 32 and 131072 and octet_length(commitments) % 32 = 0),
  primary key (giveaway_id, draw_number, first_rank)
);
-- Hashes do not compress, and so one rank is read without the rest of its page.
alter table giveaway_ranking_pages alter column commitments set storage external;

-- Fixed once. The same page again is what a repeat writes, and changes nothing.
create function giveaway_ranking_is_fixed() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' and (new.giveaway_id, new.draw_number, new.first_rank, new.commitments)
    = (old.giveaway_id, old.draw_number, old.first_rank, old.commitments) then
    return null;
  end if;
  raise exception using errcode = 'HS002', message = format('the ranking of giveaway %s is fixed', old.giveaway_id);
end $$;
create trigger giveaway_ranking_fixed before update or delete on giveaway_ranking_pages
  for each row execute function giveaway_ranking_is_fixed();
`;

const MOVE_RANKINGS = `
insert into giveaway_ranking_pages (giveaway_id, draw_number, first_rank, commitments)
select r.giveaway_id, r.draw_number, min(r.rank), string_agg(p.commitment, '' order by r.rank)
from giveaway_ranking r join giveaway_participants p using (giveaway_id, participant_id)
group by r.giveaway_id, r.draw_number, (r.rank - 1) / 4096;
drop table giveaway_ranking;
`;

const PROOFS = `
-- What a proof says before its lists. The lists are the entries, the ranking and the first awards: rows, kept once.
alter table giveaway_draws rename column proof to proof_head;
update giveaway_draws set proof_head = proof_head - 'entries' - 'ranking' - 'awards' where proof_head is not null;
`;
