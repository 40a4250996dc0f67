import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkGiveaways, GIVEAWAY_CHECKS } from '../../db/giveaway/audit.ts';
import { runChecks } from '../../db/ledger/invariants.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { randomLives } from '../support/random-lives.ts';
import { drawFrozen } from '../support/draws.ts';
import { drawEntries, openTestGiveaway } from '../support/giveaways.ts';
import { action, ending, EntryMeetings, METHODS } from './entry-model.ts';

const lives = randomLives({ seed: 20_261_126, runs: 20 });
/** At the same moment, entries of them twice. */
const MEETING = 6;
const meeting = fc.array(action, { minLength: 2, maxLength: MEETING });

const history = fc.record({
  before: fc.array(meeting, { minLength: 5, maxLength: 15, size: 'max' }),
  atTheEnd: fc.tuple(ending, ending, meeting),
  after: meeting,
});

describe('giveaways on whose entry commands meet at random', () => {
  let test: TestDatabase;

  beforeAll(async () => {
    test = await createTestDatabase('giveaway');
  });
  afterAll(() => test.drop());

  /** What each entry has to weigh nothing for, in the plainest words, beside what the draw found. */
  async function reasons(giveawayId: string): Promise<{ id: string; reason: string; expected: string }[]> {
    const { rows } = (await test.db.raw(
      `select e.id, e.reason, case
         when v.entry_id is not null and v.verdict <> 'PASS' then case v.verdict when 'FAIL' then 'not_verified' else 'unverified' end
         when x.code is not null then x.code
         when r.state = 'PENDING' then 'under_review'
         when r.state = 'DISQUALIFIED' then 'disqualified'
         when not exists (select from giveaway_entries q where q.giveaway_id = e.giveaway_id and q.participant_id = e.participant_id
           and q.method = 'direct') then 'required_missing'
         when e.method = 'invite' and not coalesce(i.counts, false) then 'referral_not_eligible'
         else 'eligible' end as expected
       from giveaway_entries e
       left join giveaway_exclusions x on (x.giveaway_id, x.participant_id) = (e.giveaway_id, e.participant_id)
       left join giveaway_reviews r on (r.giveaway_id, r.participant_id) = (e.giveaway_id, e.participant_id)
       left join giveaway_verifications v on v.entry_id = e.id
       left join lateral (select bool_or(f.reason = 'eligible') as counts from giveaway_entries f
         where f.giveaway_id = e.giveaway_id and f.participant_id::text = e.period and f.method <> 'invite') i on true
       where e.giveaway_id = ?`,
      [giveawayId],
    )) as { rows: { id: string; reason: string; expected: string }[] };
    return rows;
  }

  it(
    `draw from all entries that were answered and from nothing else (seed ${lives.seed})`,
    async () => {
      await lives.live(history, async ({ before, atTheEnd: [first, second, others], after }) => {
        const hostId = randomUUID();
        const giveawayId = await openTestGiveaway(test.db, {
          ...{ hostId, methods: METHODS, reviewFromScore: 30, earlyClose: true },
          ...{ maxExtensionMs: 86_400_000, verificationGraceMs: 0 },
        });
        const life = new EntryMeetings(test.db, { giveawayId, hostId });
        for (const actions of before) await life.meet(actions);
        await life.meet([...others, first, second]);
        const state = await life.end();
        await life.meet(after);
        const kept = await test.db('giveaway_entries').where({ giveaway_id: giveawayId });
        const answered = kept.filter((entry) => entry.method !== 'invite').map(({ id }) => String(id));
        expect(answered.toSorted()).toEqual([...life.receipts.keys()].toSorted());
        if (state === 'CANCELLED') return;
        expect(state).toBe('CLOSED');
        await drawFrozen(test.db, giveawayId);
        expect((await reasons(giveawayId)).filter(({ reason, expected }) => reason !== expected)).toEqual([]);
        const leaves = (await drawEntries(test.db, giveawayId)).map(({ entryId }) => entryId);
        expect(leaves.toSorted()).toEqual(kept.map(({ id }) => String(id)).toSorted());
        const broken = (await runChecks(test.db, 'giveaway', GIVEAWAY_CHECKS)).filter((check) => check.broken > 0);
        expect(broken).toEqual([]);
      });
      expect((await checkGiveaways(test.db)).filter((check) => check.broken > 0)).toEqual([]);
    },
    lives.timeoutMs,
  );
});
