import type { Database } from '../connect.ts';
import { connectionSettings } from '../copy-rows.ts';
import {
  asLine,
  brokenIf,
  runChecks,
  type Check,
  type CheckResult,
  type FoundRow,
  type InvariantCheck,
} from '../ledger/invariants.ts';
import { verifyStoredInstantWin } from './reveal-instant-win.ts';
import { verifyStoredProof } from './read-proof.ts';

const OF_GIVEAWAY = (alias: string): string =>
  `coalesce((select g.currency from giveaways g where g.id = ${alias}.giveaway_id), '*') as currency`;

/** The invariants of giveaways that one query can ask for. */
export const GIVEAWAY_CHECKS: readonly Check[] = [
  {
    name: 'awards.per-prize',
    invariant: 'awards ≤ prize units',
    pace: 'daily',
    sql: () => `
      select p.id::text as subject, min(p.currency) as currency,
        ${brokenIf(`count(a.id) filter (where a.state not in ('EXPIRED', 'DECLINED', 'DISQUALIFIED')) > 1`)},
        jsonb_build_object('giveawayId', p.giveaway_id, 'awards', count(a.id)) as facts
      from giveaway_prizes p left join giveaway_awards a on a.prize_id = p.id group by p.id`,
  },
  {
    name: 'awards.ranking',
    invariant: 'every award follows the one ranking of its draw',
    pace: 'daily',
    sql: () => `
      select a.id::text as subject, ${OF_GIVEAWAY('a')}, ${brokenIf('r.participant_id is distinct from a.participant_id')},
        jsonb_build_object('giveawayId', a.giveaway_id, 'rank', a.rank) as facts
      from giveaway_awards a left join lateral ranked_participants(a.giveaway_id, a.draw_number, a.rank, a.rank) r on true
      where not exists (select from giveaway_instant_wins w where w.giveaway_id = a.giveaway_id)`,
  },
  {
    name: 'holds.published',
    invariant: 'every posted hold belongs to a published giveaway',
    pace: 'daily',
    sql: () => `
      select h.id::text as subject, h.currency, ${brokenIf(`h.state = 'POSTED' and g.publish_id is distinct from h.id`)},
        jsonb_build_object('giveawayId', h.giveaway_id, 'grossMinor', h.gross_minor::text) as facts
      from wallet_holds h join giveaways g on g.id = h.giveaway_id`,
  },
  {
    name: 'giveaways.deadlines',
    invariant: 'nothing is beyond its deadline',
    pace: 'always',
    sql: () => `
      select id::text as subject, currency, case
          when state = 'FUNDING' and updated_at < now() - :budget::interval then 'late'
          when state in ('SCHEDULED', 'OPEN', 'CLOSED', 'DRAWING', 'DRAWN') and closes_at
            + (coalesce((rules ->> 'verificationGraceMs')::bigint, 0)
              + case rules ->> 'drawBy' when 'hand' then (rules ->> 'drawWithinMs')::bigint else 0 end) * interval '1 millisecond' < now() - :budget::interval then 'late'
          else 'in_flight' end as verdict,
        jsonb_build_object('state', state, 'closesAt', closes_at) as facts
      from giveaways where state in ('FUNDING', 'SCHEDULED', 'OPEN', 'CLOSED', 'DRAWING', 'DRAWN')`,
  },
  {
    name: 'deliveries.sent',
    invariant: 'no verified claim waits for weeks until its prize is sent',
    pace: 'always',
    sql: () => `
      select a.id::text as subject, ${OF_GIVEAWAY('a')},
        case when a.verified_at < now() - interval '14 days' then 'late' else 'in_flight' end as verdict,
        jsonb_build_object('giveawayId', a.giveaway_id, 'verifiedAt', a.verified_at) as facts
      from giveaway_deliveries d join giveaway_awards a on a.id = d.award_id where a.state = 'VERIFIED'`,
  },
  {
    name: 'deliveries.states',
    invariant: 'a prize that is sent has come as far as its award',
    pace: 'daily',
    sql: () => `
      select a.id::text as subject, ${OF_GIVEAWAY('a')}, ${brokenIf(`case a.state
          when 'CLAIMED' then d.state is distinct from 'ADDRESSED' when 'VERIFIED' then d.state is distinct from 'ADDRESSED'
          when 'FULFILLING' then coalesce(d.state not in ('SHIPPED', 'UNDELIVERABLE'), true)
          when 'FULFILLED' then d.state is distinct from 'DELIVERED' else d.state in ('SHIPPED', 'DELIVERED') end`)},
        jsonb_build_object('giveawayId', a.giveaway_id, 'award', a.state, 'delivery', d.state) as facts
      from giveaway_awards a join giveaway_prizes u on u.id = a.prize_id and u.kind = 'physical'
      left join giveaway_deliveries d on d.award_id = a.id`,
  },
  {
    name: 'instant-wins.slots',
    invariant: 'every prize unit that was won at once is one attempt’s and one award’s',
    pace: 'daily',
    sql: () => `
      select coalesce(s.unit_id, t.unit_id)::text as subject,
        coalesce((select g.currency from giveaways g where g.id = coalesce(s.giveaway_id, t.giveaway_id)), '*') as currency,
        ${brokenIf('s.attempt is null or t.unit_id is null or a.id is null or a.participant_id <> t.participant_id')},
        jsonb_build_object('giveawayId', coalesce(s.giveaway_id, t.giveaway_id), 'attempt', coalesce(s.attempt, t.number)) as facts
      from (select * from giveaway_instant_slots where attempt is not null) s
      full join (select * from giveaway_instant_attempts where unit_id is not null) t
        on (t.giveaway_id, t.number, t.unit_id) = (s.giveaway_id, s.attempt, s.unit_id)
      left join giveaway_awards a on a.prize_id = s.unit_id and a.rank = t.number`,
  },
  {
    name: 'instant-wins.numbers',
    invariant: 'attempts to win at once are numbered without a gap',
    pace: 'daily',
    sql: () => `
      select w.giveaway_id::text as subject, ${OF_GIVEAWAY('w')}, ${brokenIf('w.attempt_count <> t.made or w.attempt_count <> t.last')},
        jsonb_build_object('attempts', t.made, 'last', t.last) as facts
      from giveaway_instant_wins w cross join lateral (
        select count(*) as made, coalesce(max(number), 0) as last from giveaway_instant_attempts a where a.giveaway_id = w.giveaway_id) t`,
  },
  {
    name: 'instant-wins.left',
    invariant: 'what is said to be left of an instant win is what no attempt has won',
    pace: 'daily',
    sql: () => `
      select w.giveaway_id::text as subject, ${OF_GIVEAWAY('w')}, ${brokenIf('w.units_left <> s.units')},
        jsonb_build_object('unitsLeft', w.units_left, 'units', s.units) as facts
      from giveaway_instant_wins w cross join lateral (
        select count(*) as units from giveaway_instant_slots s where s.giveaway_id = w.giveaway_id and s.attempt is null) s`,
  },
  {
    name: 'entries.confirmed',
    invariant: 'no entry weighs that a social network has not confirmed',
    pace: 'daily',
    sql: () => `
      select e.id::text as subject, ${OF_GIVEAWAY('e')}, ${brokenIf(`e.reason = 'eligible' and v.verdict <> 'PASS'`)},
        jsonb_build_object('giveawayId', e.giveaway_id, 'verdict', v.verdict) as facts
      from giveaway_verifications v join giveaway_entries e on e.id = v.entry_id`,
  },
  {
    name: 'awards.eligible',
    invariant:
      'nobody is awarded who was excluded, under review or without a required entry at the freeze, or when they won at once',
    pace: 'daily',
    sql: () => `
      select a.id::text as subject, ${OF_GIVEAWAY('a')}, ${brokenIf(`t.received_at is null and not exists (
          select from giveaway_entries e where e.giveaway_id = a.giveaway_id and e.participant_id = a.participant_id and e.reason = 'eligible')
        or exists (select from giveaway_exclusions x where (x.giveaway_id, x.participant_id) = (a.giveaway_id, a.participant_id)
          and (t.received_at is null or x.decided_at < t.received_at))
        or exists (select from giveaway_reviews r where (r.giveaway_id, r.participant_id) = (a.giveaway_id, a.participant_id)
          and case when t.received_at is null then r.state <> 'CLEARED' else r.created_at < t.received_at
            and (r.state <> 'CLEARED' or date_trunc('milliseconds', r.decided_at) > t.received_at) end)`)},
        jsonb_build_object('giveawayId', a.giveaway_id, 'rank', a.rank) as facts
      from giveaway_awards a left join giveaway_instant_attempts t on t.giveaway_id = a.giveaway_id and t.unit_id = a.prize_id`,
  },
];

/** Of each draw; its rows are final, so no snapshot is needed. @param onDraw called after each. */
export async function checkProofs(db: Database, onDraw: () => void = () => {}): Promise<CheckResult> {
  const draws = await db('giveaway_draws as d')
    .join('giveaways as g', 'g.id', 'd.giveaway_id')
    .whereNotNull('d.drawn_at')
    .select<{ giveaway_id: string; draw_number: number; currency: string }[]>(
      'd.giveaway_id',
      'd.draw_number',
      'g.currency',
    );
  const rows: FoundRow[] = [];
  for (const { currency, ...draw } of draws) {
    const subject = `${draw.giveaway_id}/${draw.draw_number}`;
    const valid =
      (await verifyStoredInstantWin(db, draw.giveaway_id)) ??
      (await verifyStoredProof(connectionSettings(db), draw.giveaway_id));
    if (!valid) rows.push({ subject, currency, verdict: 'broken', facts: {} });
    onDraw();
  }
  return {
    name: 'draws.proof',
    invariant: 'one ranking per draw, and its proof verifies',
    book: 'giveaway',
    checked: draws.length,
    inFlight: 0,
    late: 0,
    broken: rows.length,
    whole: true,
    rows,
  };
}

/** The invariants of the giveaway database, and the proof of every draw. */
export const checkGiveaways = async (db: Database): Promise<InvariantCheck[]> => [
  ...(await runChecks(db, 'giveaway', GIVEAWAY_CHECKS)),
  asLine(await checkProofs(db)),
];
