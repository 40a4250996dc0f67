import { createHash, randomUUID } from 'node:crypto';
import fc from 'fast-check';
import type { Database } from '../../db/connect.ts';
import { cancelGiveaway } from '../../db/giveaway/cancel-giveaway.ts';
import { enterGiveaway, makeReferralCode, type NewEntry } from '../../db/giveaway/enter-giveaway.ts';
import { closeGiveawayEarly, extendGiveaway } from '../../db/giveaway/move-deadline.ts';
import { pauseGiveaway } from '../../db/giveaway/pause-giveaway.ts';
import { decideReview, excludeParticipant, scoreSignals } from '../../db/giveaway/review-participants.ts';
import { closeGiveaway } from '../../db/giveaway/run-giveaway.ts';
import { claimVerifications, recordVerifications, requestVerification } from '../../db/giveaway/verify-entries.ts';
import { method, newEntry } from '../support/giveaways.ts';
import { either, refusedByName } from '../support/random-lives.ts';

const cause = { actor: 'user:test', requestId: 'test' };

/** Few enough to meet. */
const PEOPLE = 7;
const LOOK_MS = 5;

export const METHODS = [
  method({ required: true }),
  method({ name: 'daily', period: 'daily', weight: 2 }),
  method({ name: 'follow', kind: 'social_follow', target: '@us', weight: 3 }),
  method({ name: 'invite', kind: 'referral', period: 'per_referral', weight: 2, cap: 2 }),
];

/** What may happen while entry is open. `part` says to whom, and in what way. */
export const action = fc.oneof(
  either(14, ['enter', 'daily', 'follow'], fc.nat({ max: 999 })),
  either(4, ['be-referred', 'verify', 'look-again'], fc.nat({ max: 999 })),
  either(3, ['score', 'decide', 'exclude'], fc.nat({ max: 999 })),
  either(2, ['pause', 'resume', 'extend'], fc.nat({ max: 999 })),
);
/** And what ends it. */
export const ending = either(1, ['close-early', 'deadline', 'cancel'], fc.nat({ max: 999 })).arbitrary;
export type Action =
  | (typeof action extends fc.Arbitrary<infer T> ? T : never)
  | (typeof ending extends fc.Arbitrary<infer T> ? T : never);

/** A giveaway on whose entry commands meet at the same moment, and who was promised what by them. */
export class EntryMeetings {
  readonly giveawayId: string;
  readonly #hostId: string;
  readonly #db: Database;
  readonly #people = Array.from({ length: PEOPLE }, () => randomUUID());
  /** Entries that were answered, by id: none of them may be missing from the draw. */
  readonly receipts = new Map<string, string>();
  /** No entry may be answered any more. */
  #frozen = false;

  constructor(db: Database, giveaway: { giveawayId: string; hostId: string }) {
    this.#db = db;
    this.giveawayId = giveaway.giveawayId;
    this.#hostId = giveaway.hostId;
  }

  /** @throws what is no refusal: a deadlock, a broken rule of the tables; an entry after the freeze. */
  async meet(actions: readonly Action[]): Promise<void> {
    await refusedByName(actions.map((one) => this.#act(one)));
  }

  async #act({ kind, part }: Action): Promise<unknown> {
    const [db, { giveawayId }] = [this.#db, this];
    const participantId = this.#people[part % PEOPLE] as string;
    const reason = 'test';
    switch (kind) {
      case 'enter':
        return this.#enter(participantId, 'direct', part);
      case 'daily':
        return this.#enter(participantId, 'daily', part);
      case 'follow':
        return this.#enter(participantId, 'follow', part, { account: `account-${part % PEOPLE}` });
      case 'be-referred': {
        const code = `code-${giveawayId}-${part % PEOPLE}`;
        await makeReferralCode(db, { giveawayId, participantId, code });
        // Each time somebody new: only a first entry counts for whoever led there.
        return this.#enter(randomUUID(), 'direct', part, { referralCode: code });
      }
      case 'verify':
        return this.#verify();
      case 'look-again': {
        const entry = [...this.receipts].at(part % Math.max(1, this.receipts.size));
        return entry && requestVerification(db, { entryId: entry[0], participantId: entry[1] });
      }
      case 'score':
        return scoreSignals(db, { giveawayId, limit: 100 }, cause);
      case 'decide': {
        const decision = part % 2 === 0 ? 'CLEARED' : 'DISQUALIFIED';
        return decideReview(db, { giveawayId, participantId, decision, reason }, cause);
      }
      case 'exclude':
        // Seldom: most people are to take part.
        if (part % 3 > 0) return undefined;
        return excludeParticipant(db, { giveawayId, participantId, code: 'blocked', reason }, cause);
      case 'pause':
      case 'resume':
        return pauseGiveaway(db, { giveawayId, hostId: this.#hostId, paused: kind === 'pause', reason }, cause);
      case 'extend':
        return extendGiveaway(db, { giveawayId, closesAt: new Date(Date.now() + 1_000_000 + part), reason }, cause);
      case 'close-early':
        await closeGiveawayEarly(db, { giveawayId, reason }, cause);
        return this.#close();
      case 'deadline':
        await db('giveaways')
          .where({ id: giveawayId })
          .update({ closes_at: db.raw('clock_timestamp()') });
        return this.#close();
      case 'cancel':
        return cancelGiveaway(db, { giveawayId, reason }, cause).then(() => (this.#frozen = true));
    }
  }

  /** Asked twice at once; some share a mailbox. */
  async #enter(participantId: string, name: string, part: number, change: Partial<NewEntry> = {}): Promise<void> {
    const hash = createHash('sha256')
      .update(`${this.giveawayId}${part % 4}`)
      .digest('hex');
    const signals = part % 5 === 0 ? [{ kind: 'email' as const, hash }] : [];
    const entry = newEntry(this.giveawayId, { participantId, method: name, signals, ...change });
    const frozen = this.#frozen;
    const [first, second] = await Promise.allSettled([
      enterGiveaway(this.#db, entry, cause),
      enterGiveaway(this.#db, entry, cause),
    ]);
    for (const done of [first, second]) {
      if (done.status === 'rejected') continue;
      if (done.value.id !== entry.id) continue;
      if (frozen) throw new Error(`An entry was taken after the freeze: ${entry.id}`);
      this.receipts.set(entry.id, participantId);
    }
    if (first.status === 'rejected') throw first.reason;
    if (second.status === 'rejected') throw second.reason;
  }

  async #verify(): Promise<void> {
    const { questions } = await claimVerifications(this.#db, { limit: 20, leaseMs: LOOK_MS });
    await recordVerifications(
      this.#db,
      questions.map(({ entryId, attempt, account }) => ({
        ...{ entryId, attempt, evidence: {}, retryAfterMs: 0 },
        verdict: VERDICTS[(Number(account.at(-1)) + attempt) % VERDICTS.length] as (typeof VERDICTS)[number],
      })),
      cause,
    );
  }

  async #close(): Promise<void> {
    if ((await closeGiveaway(this.#db, this.giveawayId, cause)) === 0) this.#frozen = true;
  }

  /** Whatever was refused before: entry is over now, unless the giveaway was cancelled. @returns its state. */
  async end(): Promise<string> {
    await this.meet([{ kind: 'deadline', part: 0 }]);
    const row = await this.#db('giveaways').where({ id: this.giveawayId }).first<{ state: string }>('state');
    return row.state;
  }
}

const VERDICTS = ['PASS', 'PASS', 'FAIL', 'UNKNOWN'] as const;
