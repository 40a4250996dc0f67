import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Database } from '../../db/connect.ts';
import { claimAward } from '../../db/giveaway/claim-award.ts';
import { declineAward } from '../../db/giveaway/decline-award.ts';
import {
  claimPhysicalAward,
  confirmDelivery,
  giveUpDelivery,
  reportUndeliverable,
  shipPrize,
} from '../../db/giveaway/deliver-prize.ts';
import { disqualifyParticipant } from '../../db/giveaway/disqualify-participant.ts';
import { expireClaims } from '../../db/giveaway/expire-claims.ts';
import { fulfilAward } from '../../db/giveaway/fulfil-award.ts';
import { claimNotifications, queueNotifications, recordNotifications } from '../../db/giveaway/notify-winners.ts';
import { rejectDisqualification } from '../../db/giveaway/reject-disqualification.ts';
import { verifyAward } from '../../db/giveaway/verify-award.ts';
import type { DrawnGiveaway } from '../support/drawn-giveaway.ts';
import { either, refusedByName } from '../support/random-lives.ts';

const cause = { actor: 'user:test', requestId: 'test' };

/** Two of them speak for the host: together they are no second person. */
const DECIDERS = ['user:host', 'user:host-too', 'user:ops', 'user:admin'] as const;

/** What may happen to an award. `part` says to which, and who decides. */
export const action = fc.oneof(
  either(5, ['claim', 'suspect', 'suspect-next'], fc.nat({ max: 99 })),
  either(4, ['decline', 'verify', 'fulfil', 'end-window', 'reject'], fc.nat({ max: 99 })),
  either(3, ['ship', 'confirm', 'undeliverable', 'give-up', 'tell'], fc.nat({ max: 99 })),
);
export type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;

/** Where an award is, and to whom its unit would go after it. */
export interface AwardView {
  readonly id: string;
  readonly rank: number;
  readonly participantId: string;
  readonly state: string;
  readonly physical: boolean;
}

interface Ranked {
  readonly line: number;
  readonly rank: number;
  readonly offered: boolean;
  readonly doubt: 'none' | 'open' | 'approved';
}

const ENDED = ['EXPIRED', 'DECLINED', 'DISQUALIFIED'];

/** A drawn giveaway's awards from the offer to their end, and what was promised to whom on the way. */
export class AwardLife {
  readonly #db: Database;
  readonly #drawn: Pick<DrawnGiveaway, 'giveawayId' | 'endWindow'>;
  readonly #lines: number;
  /** Awards by id, with what an answer said that does not change any more. */
  readonly #promised = new Map<string, 'theirs' | 'DECLINED' | 'FULFILLED' | 'EXPIRED'>();

  constructor(db: Database, drawn: Pick<DrawnGiveaway, 'giveawayId' | 'endWindow'>, lines: number) {
    this.#db = db;
    this.#drawn = drawn;
    this.#lines = lines;
  }

  /** All of them at the same moment. @throws what is no refusal: a deadlock, a broken rule of the tables. */
  async meet(actions: readonly Action[]): Promise<void> {
    const awards = await this.awards();
    if (awards.length === 0) return;
    await refusedByName(actions.map((one) => this.#act(one, awards)));
  }

  async #act({ kind, part }: Action, awards: readonly AwardView[]): Promise<void> {
    const award = pick(awards, part);
    const decidedBy = DECIDERS[part % DECIDERS.length] as string;
    const decision = { giveawayId: this.#drawn.giveawayId, decidedBy, byHost: decidedBy.startsWith('user:host') };
    const { id: awardId, participantId } = award;
    const ofGiveaway = { giveawayId: this.#drawn.giveawayId, awardId };
    switch (kind) {
      case 'claim':
        return this.#claim(award);
      case 'decline':
        await declineAward(this.#db, { awardId, participantId }, cause);
        return this.#promise(awardId, 'DECLINED');
      case 'suspect':
        return this.#suspect(participantId, decision);
      case 'suspect-next':
        return this.#suspect(await this.#someone(part), decision);
      case 'reject':
        await rejectDisqualification(this.#db, { participantId, ...decision }, cause);
        return;
      case 'verify':
        await verifyAward(this.#db, { awardId, ...decision }, cause);
        return this.#promise(awardId, 'theirs');
      case 'fulfil':
        if (award.physical) return;
        await fulfilAward(this.#db, awardId, cause);
        return this.#promise(awardId, 'FULFILLED');
      case 'end-window':
        await this.#drawn.endWindow(award.rank);
        await expireClaims(this.#db, this.#drawn.giveawayId, cause);
        return;
      case 'ship':
        await shipPrize(this.#db, { ...ofGiveaway, carrier: 'Post', trackingNumber: `T-${part}` }, cause);
        return this.#promise(awardId, 'theirs');
      case 'confirm':
        await confirmDelivery(this.#db, part % 2 === 0 ? ofGiveaway : { awardId, participantId }, cause);
        return this.#promise(awardId, 'FULFILLED');
      case 'undeliverable':
        await reportUndeliverable(this.#db, { ...ofGiveaway, reason: 'nobody there' }, cause);
        return;
      case 'give-up':
        await giveUpDelivery(this.#db, { ...ofGiveaway, reason: 'moved', byHost: decision.byHost }, cause);
        return this.#promise(awardId, 'EXPIRED');
      case 'tell':
        return this.#tell();
    }
  }

  async #claim({ id: awardId, participantId, physical }: AwardView): Promise<void> {
    const winner = { awardId, participantId };
    const { state } = physical
      ? await claimPhysicalAward(this.#db, { ...winner, address: Buffer.from('sealed') }, cause)
      : await claimAward(this.#db, winner, cause);
    if (state !== 'CLAIMED') this.#promise(awardId, 'theirs');
  }

  async #suspect(participantId: string, decision: { giveawayId: string; decidedBy: string; byHost: boolean }) {
    const reasons = { reason: 'a bot', evidence: 'forty entries in one second' };
    await disqualifyParticipant(this.#db, { participantId, ...decision, ...reasons }, cause);
  }

  /** A later promise stands beside an earlier one that says less. */
  #promise(awardId: string, promise: 'theirs' | 'DECLINED' | 'FULFILLED' | 'EXPIRED'): void {
    if (this.#promised.get(awardId) !== 'FULFILLED' || promise !== 'theirs') this.#promised.set(awardId, promise);
  }

  async #tell(): Promise<void> {
    await queueNotifications(this.#db, 50);
    const due = await claimNotifications(this.#db, { limit: 50, leaseMs: 60_000 });
    const answers = due.map(({ id, attempt }) => ({
      ...{ id, attempt, outcome: 'accepted' as const, problem: null, againInMs: 0 },
    }));
    await recordNotifications(this.#db, answers, cause);
  }

  async #someone(part: number): Promise<string> {
    const { rows } = (await this.#db.raw('select participant_id as id from ranked_participants(?, 1, 1, 1000)', [
      this.#drawn.giveawayId,
    ])) as { rows: { id: string }[] };
    return pick(rows, part).id;
  }

  async awards(): Promise<AwardView[]> {
    return await this.#db('giveaway_awards as a')
      .join('giveaway_prizes as u', 'u.id', 'a.prize_id')
      .where('a.giveaway_id', this.#drawn.giveawayId)
      .orderBy('a.rank')
      .select<AwardView[]>(
        ...['a.id', 'a.rank', 'a.participant_id as participantId', 'a.state'],
        this.#db.raw(`u.kind = 'physical' as physical`),
      );
  }

  /** What holds after every step. @throws AssertionError */
  async check(): Promise<void> {
    const awards = await this.awards();
    for (const { id, state, rank } of awards) {
      const promise = this.#promised.get(id);
      const kept = ['VERIFIED', 'FULFILLING', 'FULFILLED'].includes(state);
      if (promise === 'theirs') assert(kept, `rank ${rank} was verified, and is ${state}`);
      else if (promise) assert.equal(state, promise, `rank ${rank}`);
    }
    await this.#checkEnds();
    await this.#checkLines();
  }

  /** An award ends once, and says so once. */
  async #checkEnds(): Promise<void> {
    const { rows } = (await this.#db.raw(
      `select a.rank, a.state, array_agg(e.type) filter (where e.type is not null) as ends from giveaway_awards a
       left join domain_events e on e.aggregate_id = a.id and e.type in ('giveaway.award.expired', 'giveaway.award.declined',
         'giveaway.award.disqualified', 'giveaway.award.fulfilled')
       where a.giveaway_id = ? group by a.id`,
      [this.#drawn.giveawayId],
    )) as { rows: { rank: number; state: string; ends: string[] | null }[] };
    for (const { rank, state, ends } of rows) {
      const expected = [...ENDED, 'FULFILLED'].includes(state) ? [`giveaway.award.${state.toLowerCase()}`] : null;
      assert.deepEqual(ends, expected, `rank ${rank} is ${state}`);
    }
  }

  /**
   * Nobody is passed over but who was disqualified; a unit is free only where nobody is left in its line, or where the
   * next one is doubted; and nobody holds an offer who was disqualified.
   */
  async #checkLines(): Promise<void> {
    const ranked = await this.#ranked();
    const free = await this.#freeUnits();
    for (let line = 0; line < this.#lines; line += 1) {
      const people = ranked.filter((one) => one.line === line);
      const last = people.findLast(({ offered }) => offered)?.rank ?? 0;
      const passedOver = people.filter((one) => !one.offered && one.rank < last && one.doubt !== 'approved');
      assert.deepEqual(passedOver, [], `of line ${line}`);
      const next = people.find((one) => !one.offered && one.doubt !== 'approved');
      if ((free[line] ?? 0) > 0)
        assert(!next || next.doubt === 'open', `a unit of line ${line} waits for ${next?.rank}`);
    }
    const { rows } = (await this.#db.raw(
      `select a.rank from giveaway_awards a where a.giveaway_id = ? and a.state in ('NOTIFIED', 'CLAIMED')
       and is_disqualified(a.giveaway_id, a.participant_id)`,
      [this.#drawn.giveawayId],
    )) as { rows: unknown[] };
    assert.deepEqual(rows, [], 'who was disqualified holds an offer');
  }

  async #ranked(): Promise<Ranked[]> {
    const { rows } = (await this.#db.raw(
      `select ((r.rank - 1) * :lines::int / count(*) over ())::int as line, r.rank, a.id is not null as offered,
         case when d.approved_at is not null then 'approved' when d.requested_at is not null and d.rejected_at is null then 'open'
           else 'none' end as doubt
       from ranked_participants(:giveaway, 1, 1, 1000) r
       left join giveaway_awards a on a.giveaway_id = :giveaway and a.rank = r.rank
       left join giveaway_disqualifications d on d.giveaway_id = :giveaway and d.participant_id = r.participant_id
       order by r.rank`,
      { giveaway: this.#drawn.giveawayId, lines: this.#lines },
    )) as { rows: Ranked[] };
    return rows;
  }

  /** By line: of a prize each, or of all. */
  async #freeUnits(): Promise<number[]> {
    const { rows } = (await this.#db.raw(
      `select case when :lines > 1 then q.position - 1 else 0 end as line, count(*)::int as units
       from giveaway_prizes u join giveaway_prize_groups q on q.id = u.group_id
       where u.giveaway_id = :giveaway and not exists (select from giveaway_awards a where a.prize_id = u.id
         and a.state not in ('EXPIRED', 'DECLINED', 'DISQUALIFIED')) group by 1`,
      { giveaway: this.#drawn.giveawayId, lines: this.#lines },
    )) as { rows: { line: number; units: number }[] };
    const free: number[] = [];
    for (const { line, units } of rows) free[line] = units;
    return free;
  }

  /** Doubts are cleared, claims decided, prizes brought, windows run out: nothing is stuck. @returns how many are open. */
  async finish(): Promise<number> {
    for (let round = 0; round < 50; round += 1) {
      const { openAwards } = await expireClaims(this.#db, this.#drawn.giveawayId, cause);
      if (openAwards === 0) return 0;
      const awards = await this.awards();
      const kinds = ['reject', 'verify', 'fulfil', 'ship', 'confirm', 'end-window'] as const;
      for (const [index, { state }] of awards.entries()) {
        if ([...ENDED, 'FULFILLED'].includes(state)) continue;
        for (const kind of kinds) {
          for (let who = 0; who < DECIDERS.length; who += 1)
            await this.meet([{ kind, part: index + who * awards.length }]);
        }
      }
      for (const decidedBy of ['user:ops', 'user:admin']) await this.#clearDoubts(decidedBy);
    }
    return (await expireClaims(this.#db, this.#drawn.giveawayId, cause)).openAwards;
  }

  async #clearDoubts(decidedBy: string): Promise<void> {
    const open = await this.#db('giveaway_disqualifications')
      .where({ giveaway_id: this.#drawn.giveawayId, approved_at: null, rejected_at: null })
      .whereNot({ requested_by: decidedBy })
      .select<{ participant_id: string }[]>('participant_id');
    for (const { participant_id: participantId } of open) {
      const decision = { giveawayId: this.#drawn.giveawayId, decidedBy, byHost: false };
      await rejectDisqualification(this.#db, { participantId, ...decision }, cause);
    }
  }
}

function pick<T>(among: readonly T[], part: number): T {
  const one = among[part % among.length];
  assert(one, 'there is nobody');
  return one;
}
