import { verifyProof } from '../../domain/proof/verify-proof.ts';
import { drawCrypto } from '../../runtime/draw-crypto.ts';
import type { Db } from '../connect.ts';
import { checkInvariant, type InvariantCheck } from '../ledger/audit.ts';

const CHECKS: Readonly<Record<string, string>> = {
  'awards ≤ prize units': `
    select count(*) as checked, count(*) filter (where live > 1) as broken from (
      select p.id, count(a.id) filter (where a.state not in ('EXPIRED', 'DECLINED', 'DISQUALIFIED')) as live
      from giveaway_prizes p left join giveaway_awards a on a.prize_id = p.id group by p.id) u`,
  'every award follows the one ranking of its draw': `
    select count(*) as checked, count(*) filter (where r.participant_id is distinct from a.participant_id) as broken
    from giveaway_awards a left join giveaway_ranking r on (r.giveaway_id, r.draw_number, r.rank) = (a.giveaway_id, a.draw_number, a.rank)`,
  'every posted hold belongs to a published giveaway': `
    select count(*) as checked, count(*) filter (where h.state = 'POSTED' and g.publish_id is distinct from h.id) as broken
    from wallet_holds h join giveaways g on g.id = h.giveaway_id`,
  'nothing is 15 minutes beyond its deadline': `
    select count(*) as checked, count(*) filter (where
      state = 'FUNDING' and updated_at < now() - interval '15 minutes'
      or state in ('SCHEDULED', 'OPEN', 'CLOSED', 'DRAWING', 'DRAWN') and closes_at + coalesce((rules ->> 'verificationGraceMs')::bigint, 0) * interval '1 millisecond' < now() - interval '15 minutes') as broken
    from giveaways where state not in ('DRAFT', 'FUNDING_FAILED', 'COMPLETED', 'CANCELLED')`,
  'no entry weighs that a social network has not confirmed': `
    select count(*) as checked, count(*) filter (where (e.reason = 'eligible') and v.verdict <> 'PASS') as broken
    from giveaway_verifications v join giveaway_entries e on e.id = v.entry_id`,
  'nobody is awarded who was excluded, under review or without a required entry at the freeze': `
    select count(*) as checked, count(*) filter (where not exists (
      select from giveaway_entries e where e.giveaway_id = a.giveaway_id and e.participant_id = a.participant_id and e.reason = 'eligible')
      or exists (select from giveaway_exclusions x where (x.giveaway_id, x.participant_id) = (a.giveaway_id, a.participant_id))
      or exists (select from giveaway_reviews r where (r.giveaway_id, r.participant_id) = (a.giveaway_id, a.participant_id) and r.state <> 'CLEARED')) as broken
    from giveaway_awards a`,
};

/** The invariants of the giveaway database, and the proof of every draw. */
export async function checkGiveaways(db: Db): Promise<InvariantCheck[]> {
  const results: InvariantCheck[] = [];
  for (const [invariant, sql] of Object.entries(CHECKS))
    results.push(await checkInvariant(db, 'giveaway', invariant, sql));
  return [...results, await checkProofs(db)];
}

async function checkProofs(db: Db): Promise<InvariantCheck> {
  const draws = await db('giveaway_draws')
    .whereNotNull('drawn_at')
    .select<{ giveaway_id: string; draw_number: number }[]>('giveaway_id', 'draw_number');
  let broken = 0;
  for (const draw of draws) {
    const row = await db('giveaway_draws').where(draw).first<{ proof: unknown }>('proof');
    if (!verifyProof(row?.proof, drawCrypto).ok) broken += 1;
  }
  return { invariant: 'one ranking per draw, and its proof verifies', book: 'giveaway', checked: draws.length, broken };
}
