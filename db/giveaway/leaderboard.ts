import type { Db } from '../connect.ts';
import { countRanked } from './draw-giveaway.ts';

export interface Standing {
  /** From 1. Until the draw equal scores have the same place; it gives each a rank of its own. */
  readonly place: number;
  readonly score: number;
  /** The participant's commitment in hex, which names nobody. */
  readonly participant: string;
}

/**
 * The best of a leaderboard as it is now: what would count if entry were frozen now. Once it is drawn, as it was drawn.
 * @param participantId of that person alone, with the place among all.
 */
export async function readStandings(
  db: Db,
  { giveawayId, limit, participantId }: { giveawayId: string; limit: number; participantId?: string },
): Promise<Standing[]> {
  const drawn = (await countRanked(db, giveawayId)) > 0;
  const query = participantId === undefined ? (drawn ? DRAWN : STANDING) : drawn ? OWN_DRAWN : OWN;
  const result: unknown = await db.raw(COUNTED + query, { giveawayId, limit, participantId: participantId ?? null });
  return (result as { rows: Standing[] }).rows;
}

const COUNTED = `
with scores as (
  select e.participant_id, sum(e.weight)::float8 as score
  from giveaway_entries e
  where e.giveaway_id = :giveawayId and e.reason = 'eligible'
  group by e.participant_id),
counted as (
  select s.*, p.commitment from scores s
  join giveaway_participants p on p.giveaway_id = :giveawayId and p.participant_id = s.participant_id
  where not exists (select from giveaway_exclusions x where (x.giveaway_id, x.participant_id) = (:giveawayId, s.participant_id))
    and not exists (select from giveaway_reviews r
      where (r.giveaway_id, r.participant_id) = (:giveawayId, s.participant_id) and r.state <> 'CLEARED')
    and not exists (select from giveaway_methods m where m.giveaway_id = :giveawayId and m.required and not exists (
      select from giveaway_entries q
      where (q.giveaway_id, q.participant_id, q.method) = (:giveawayId, s.participant_id, m.name) and q.reason = 'eligible'))),
placed as (
  select c.*, (rank() over (order by c.score desc))::int as place, (count(*) over (partition by c.score))::int as equals
  from counted c)
`;

const STANDING = `
select place, score, encode(commitment, 'hex') as participant from placed order by place, commitment limit :limit`;

const OWN = `
select place, score, encode(commitment, 'hex') as participant from placed where participant_id = :participantId`;

const DRAWN = `
select r.rank as place, c.score, encode(c.commitment, 'hex') as participant
from ranked_participants(:giveawayId, 1, 1, :limit) r join counted c using (participant_id) order by r.rank`;

// Equal scores have ranks next to each other.
const OWN_DRAWN = `
select r.rank as place, p.score, encode(p.commitment, 'hex') as participant
from placed p join lateral ranked_participants(:giveawayId, 1, p.place, p.place + p.equals - 1) r using (participant_id)
where p.participant_id = :participantId`;
