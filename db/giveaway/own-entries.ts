import type { Db } from '../connect.ts';
import type { AcceptedEntry } from './enter-giveaway.ts';

export interface OwnEntry extends AcceptedEntry {
  readonly kind: string;
  readonly verdict: 'PASS' | 'FAIL' | 'UNKNOWN';
  /** `eligible`, or why it weighs nothing now. */
  readonly reason: string;
  readonly evidence: unknown;
}

export interface OwnEntries {
  /** Newest first, at most a thousand. */
  readonly entries: readonly OwnEntry[];
  /** What would count if the draw were now; of all entries. */
  readonly tickets: number;
  readonly missing: readonly string[];
  readonly underReview: boolean;
}

const MAX_ENTRIES = 1_000;

/** A participant's own entries, what they weigh, and what still has to be done for them to count. */
export async function readOwnEntries(db: Db, giveawayId: string, participantId: string): Promise<OwnEntries> {
  const result: unknown = await db.raw(OWN, { giveawayId, participantId, limit: MAX_ENTRIES });
  const standing: unknown = await db.raw(STANDING, { giveawayId, participantId });
  const [row] = (standing as { rows: [Omit<OwnEntries, 'entries' | 'tickets'> & { weight: number }] }).rows;
  const { missing, underReview, weight } = row;
  const tickets = missing.length > 0 || underReview ? 0 : weight;
  return { entries: (result as { rows: OwnEntry[] }).rows, tickets, missing, underReview };
}

const OWN = `
select e.id, e.giveaway_id as "giveawayId", e.method, m.kind, e.period, e.weight, e.reason,
  encode(s.salt, 'hex') as salt, encode(s.commitment, 'hex') as commitment, encode(d.secret_hash, 'hex') as "secretHash",
  to_char(e.received_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as "receivedAt",
  coalesce(v.verdict, 'PASS') as verdict, coalesce(v.evidence, '{}') as evidence
from giveaway_entries e
join giveaway_methods m on m.giveaway_id = e.giveaway_id and m.name = e.method
join giveaway_participants s on s.giveaway_id = e.giveaway_id and s.participant_id = e.participant_id
join giveaway_draws d on d.giveaway_id = e.giveaway_id and d.draw_number = 1
left join giveaway_verifications v on v.entry_id = e.id
where e.giveaway_id = :giveawayId and e.participant_id = :participantId and s.salt is not null
order by e.received_at desc, e.id limit :limit`;

const STANDING = `
select coalesce((select sum(weight) from giveaway_entries
    where giveaway_id = :giveawayId and participant_id = :participantId and reason = 'eligible'), 0)::int as weight,
  array(select m.name from giveaway_methods m where m.giveaway_id = :giveawayId and m.required and not exists (
    select from giveaway_entries e where e.giveaway_id = m.giveaway_id and e.participant_id = :participantId
      and e.method = m.name and e.reason = 'eligible') order by m.position) as missing,
  exists (select from giveaway_reviews r where r.giveaway_id = :giveawayId and r.participant_id = :participantId
    and r.state <> 'CLEARED') as "underReview"`;
