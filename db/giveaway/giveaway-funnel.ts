import type { Db } from '../connect.ts';

export interface Funnel {
  readonly participants: number;
  readonly entries: number;
  /** What the entries weigh that count. */
  readonly weight: number;
  /** Participants with at least one entry that counts. */
  readonly eligible: number;
  readonly ranked: number;
  /** Awards by what they have reached, each counted in all that lie before it too. */
  readonly offered: number;
  readonly notified: number;
  readonly claimed: number;
  readonly verified: number;
  readonly fulfilled: number;
  readonly ended: { readonly expired: number; readonly declined: number; readonly disqualified: number };
  readonly promoted: number;
  readonly prizes: number;
  readonly methods: readonly { readonly method: string; readonly entries: number; readonly participants: number }[];
  /** Entries by why they count or not. */
  readonly reasons: Readonly<Record<string, number>>;
  readonly days: readonly { readonly day: string; readonly entries: number }[];
}

/** How many came how far, in one look at the rows: an entrant of many entries is one participant. */
export async function giveawayFunnel(db: Db, giveawayId: string): Promise<Funnel> {
  const result: unknown = await db.raw(FUNNEL, { id: giveawayId });
  return (result as { rows: [{ funnel: Funnel }] }).rows[0].funnel;
}

const FUNNEL = `
with e as (select participant_id, method, weight, reason, received_at from giveaway_entries where giveaway_id = :id),
a as (select state, reason, notified_at, claimed_at, verified_at from giveaway_awards where giveaway_id = :id)
select jsonb_build_object(
  'participants', (select count(*) from giveaway_participants where giveaway_id = :id),
  'entries', (select count(*) from e),
  'weight', (select coalesce(sum(weight) filter (where reason = 'eligible'), 0) from e),
  'eligible', (select count(distinct participant_id) from e where reason = 'eligible'),
  'ranked', (select coalesce(sum(octet_length(commitments) / 32), 0) from giveaway_ranking_pages where giveaway_id = :id and draw_number = 1),
  'offered', (select count(*) from a),
  'notified', (select count(*) from a where notified_at is not null or claimed_at is not null),
  'claimed', (select count(*) from a where claimed_at is not null),
  'verified', (select count(*) from a where verified_at is not null),
  'fulfilled', (select count(*) from a where state = 'FULFILLED'),
  'ended', (select jsonb_build_object('expired', count(*) filter (where state = 'EXPIRED'),
    'declined', count(*) filter (where state = 'DECLINED'), 'disqualified', count(*) filter (where state = 'DISQUALIFIED')) from a),
  'promoted', (select count(*) from a where reason like 'promoted%'),
  'prizes', (select count(*) from giveaway_prizes where giveaway_id = :id),
  'methods', (select coalesce(jsonb_agg(jsonb_build_object('method', m.method, 'entries', m.entries, 'participants', m.people) order by m.method), '[]')
    from (select method, count(*) as entries, count(distinct participant_id) as people from e group by 1) m),
  'reasons', (select coalesce(jsonb_object_agg(r.reason, r.entries), '{}') from (select reason, count(*) as entries from e group by 1) r),
  'days', (select coalesce(jsonb_agg(jsonb_build_object('day', d.day, 'entries', d.entries) order by d.day), '[]')
    from (select to_char(received_at at time zone 'UTC', 'YYYY-MM-DD') as day, count(*) as entries from e group by 1) d)) as funnel`;
