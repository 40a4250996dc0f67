import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkGiveaways } from '../../db/giveaway/audit.ts';
import { cancelGiveaway } from '../../db/giveaway/cancel-giveaway.ts';
import { claimAward } from '../../db/giveaway/claim-award.ts';
import { claimInstantWins, countInstantWin, repeatedInstantWins } from '../../db/giveaway/claim-instant-win.ts';
import { disqualifyParticipant } from '../../db/giveaway/disqualify-participant.ts';
import { extendGiveaway } from '../../db/giveaway/move-deadline.ts';
import { closeGiveaway } from '../../db/giveaway/run-giveaway.ts';
import { excludeParticipant } from '../../db/giveaway/review-participants.ts';
import { verifyAward } from '../../db/giveaway/verify-award.ts';
import { eventCounts, twice } from '../commands/twice.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { readAwards } from '../support/draws.ts';
import { method, openTestGiveaway, passDeadline } from '../support/giveaways.ts';
import { decide, openInstantWin, outcomesOf, randomNonce, readyAttempts } from '../support/instant-wins.ts';

const cause = { actor: 'user:test', requestId: 'test' };

describe('an instant win', () => {
  let test: TestDatabase;
  const ready = (giveawayId: string, count: number) => readyAttempts(test.db, giveawayId, count);

  beforeAll(async () => {
    test = await createTestDatabase('giveaway');
  });
  afterAll(() => test.drop());

  it('gives each unit to one of the first, however many come at once and however often', async () => {
    const giveawayId = await openInstantWin(test.db, { by: 'first_come' }, 5);
    const attempts = await ready(giveawayId, 24);
    const rounds = await Promise.all(
      Array.from({ length: 12 }, (_, n) => decide(test.db, giveawayId, ...attempts.slice(n * 2, n * 2 + 2))),
    );
    const outcomes = rounds.flat();
    expect(outcomes.filter((outcome) => outcome === 'won')).toHaveLength(5);
    expect(outcomes.filter((outcome) => outcome === 'instant_win_sold_out')).toHaveLength(19);
    expect(await readAwards(test.db, giveawayId)).toHaveLength(5);
    expect(await countInstantWin(test.db, giveawayId)).toEqual({ attemptCount: 5, unitsLeft: 0 });
    expect(await decide(test.db, giveawayId, ...attempts)).toEqual(outcomes);
    expect(outcomesOf(await repeatedInstantWins(test.db, { giveawayId, attempts }))).toEqual(outcomes);
    expect(await readAwards(test.db, giveawayId)).toHaveLength(5);
  });

  it('answers the same attempt the same, and refuses another nonce for the entry', async () => {
    const giveawayId = await openInstantWin(test.db, { by: 'odds', oddsPerMillion: 500_000 }, 3);
    const [hit, miss] = await ready(giveawayId, 2);
    if (!hit || !miss) throw new Error('two entries were made');
    const attempts = [hit, { ...miss, hit: false }, hit];
    const { answers } = await twice(test.db, () => claimInstantWins(test.db, { giveawayId, attempts }));
    expect(answers).toMatchObject([
      { attempt: { number: 1, entryId: hit.entryId, clientNonce: hit.clientNonce, awardId: expect.any(String) } },
      { attempt: { number: 2, unitId: null, awardId: null } },
      { attempt: { number: 1 } },
    ]);
    // What was decided stays decided, also when it would be decided otherwise now.
    expect(await decide(test.db, giveawayId, { ...miss, hit: true })).toEqual(['lost']);
    expect(await decide(test.db, giveawayId, { ...hit, clientNonce: randomNonce() })).toEqual([
      'instant_win_attempted',
    ]);
    expect(await decide(test.db, giveawayId, { ...hit, participantId: randomUUID() })).toEqual(['entry_not_found']);
    const { 'giveaway.instant_win.attempted': events } = await eventCounts(test.db);
    expect(events).toBe(5 + 2);
  });

  it('gives nothing before its moment, and then one unit to the first', async () => {
    const giveawayId = await openTestGiveaway(
      test.db,
      { mode: { mode: 'instant_win', instantWin: { by: 'time_slots' } } },
      { slotsMs: () => [Date.now() + 3_600_000] },
    );
    const [early, first, second] = await ready(giveawayId, 3);
    if (!early || !first || !second) throw new Error('three entries were made');
    expect(await decide(test.db, giveawayId, early)).toEqual(['lost']);
    await test.db('giveaway_instant_slots').where({ giveaway_id: giveawayId }).update({ due_at: new Date() });
    expect(await decide(test.db, giveawayId, first, second)).toEqual(['won', 'instant_win_sold_out']);
  });

  it('keeps its moments when the deadline is put off: what is left is won in the time that was added', async () => {
    const [closesAt, dueAt] = [new Date(Date.now() + 8_000), Date.now() + 1_000];
    const giveawayId = await openTestGiveaway(
      test.db,
      { closesAt, maxExtensionMs: 600_000, mode: { mode: 'instant_win', instantWin: { by: 'time_slots' } } },
      { slotsMs: () => [dueAt] },
    );
    const [attempt] = await ready(giveawayId, 1);
    if (!attempt) throw new Error('an entry was made');
    const moments = () =>
      test
        .db('giveaway_instant_wins as w')
        .join('giveaway_instant_slots as s', 's.giveaway_id', 'w.giveaway_id')
        .where({ 'w.giveaway_id': giveawayId })
        .select('w.closes_at', 's.due_at');
    const before = await moments();
    const later = { giveawayId, closesAt: new Date(closesAt.getTime() + 300_000), reason: 'the network was down' };
    await extendGiveaway(test.db, later, cause);
    expect(before).toEqual([{ closes_at: closesAt, due_at: new Date(dueAt) }]);
    expect(await moments()).toEqual(before);
    await delay(closesAt.getTime() - Date.now() + 1);
    expect(await decide(test.db, giveawayId, attempt)).toEqual(['won']);
  });

  it('lets one person win once, or as often as they have entries where the rules say so', async () => {
    for (const [prizesPerPerson, expected] of [
      ['one', ['won', 'instant_win_won_before', 'won']],
      ['several', ['won', 'won', 'won']],
    ] as const) {
      const giveawayId = await openInstantWin(test.db, { by: 'first_come' }, 3, { mode: { prizesPerPerson } });
      const [first, second, third] = await ready(giveawayId, 3);
      if (!first || !second || !third) throw new Error('three entries were made');
      const { participantId } = first;
      await test
        .db('giveaway_entries')
        .where({ id: second.entryId })
        .update({ participant_id: participantId, period: 'again' });
      expect(await decide(test.db, giveawayId, first, { ...second, participantId }, third)).toEqual(expected);
    }
  });

  it('that was won stays with a winner who is excluded or put up for review afterwards, and waits for a decision', async () => {
    const giveawayId = await openInstantWin(test.db, { by: 'first_come' }, 9, { hostId: randomUUID() });
    const [cleared, taken, reviewed] = await ready(giveawayId, 3);
    if (!cleared || !taken || !reviewed) throw new Error('three entries were made');
    expect(await decide(test.db, giveawayId, cleared, taken, reviewed)).toEqual(['won', 'won', 'won']);
    const people = [cleared, taken, reviewed].map(({ participantId }) => participantId);
    for (const participantId of people.slice(0, 2))
      await excludeParticipant(test.db, { giveawayId, participantId, code: 'blocked', reason: 'spam' }, cause);
    await test.db('giveaway_reviews').insert({
      ...{ giveaway_id: giveawayId, participant_id: reviewed.participantId, score: 60, signals: '{}' },
      created_at: test.db.raw('clock_timestamp()'),
    });
    const awards = await test.db('giveaway_awards').where({ giveaway_id: giveawayId }).orderBy('rank');
    const states = [];
    for (const { id: awardId, participant_id: participantId } of awards)
      states.push((await claimAward(test.db, { awardId, participantId }, cause)).state);
    expect(states).toEqual(['CLAIMED', 'CLAIMED', 'CLAIMED']);
    const byHost = { decidedBy: 'user:host', byHost: true };
    expect(await verifyAward(test.db, { giveawayId, awardId: awards[0].id, ...byHost }, cause)).toMatchObject({
      state: 'VERIFIED',
    });
    const why = { giveawayId, participantId: taken.participantId, reason: 'a bot', evidence: 'forty entries' };
    await disqualifyParticipant(test.db, { ...why, ...byHost }, cause);
    await disqualifyParticipant(test.db, { ...why, decidedBy: 'user:ops', byHost: false }, cause);
    const after = await test.db('giveaway_awards').where({ giveaway_id: giveawayId }).orderBy('rank').pluck('state');
    expect(after).toEqual(['VERIFIED', 'DISQUALIFIED', 'CLAIMED']);
    const nobody = { ...why, participantId: randomUUID() };
    await expect(disqualifyParticipant(test.db, { ...nobody, ...byHost }, cause)).rejects.toMatchObject({
      code: 'disqualification_not_possible',
    });
    const broken = async () =>
      (await checkGiveaways(test.db)).filter((check) => check.broken > 0).map(({ invariant }) => invariant);
    expect(await broken()).toEqual([]);
    const exclusion = () => test.db('giveaway_exclusions').where({ participant_id: cleared.participantId });
    const { decided_at: decidedAt } = await exclusion().first();
    await exclusion().update({ decided_at: new Date(0) });
    expect(await broken()).toEqual([expect.stringContaining('nobody is awarded who was excluded')]);
    await exclusion().update({ decided_at: decidedAt });
  });

  it('refuses what does not count, and leaves no trace of it', async () => {
    const giveawayId = await openInstantWin(test.db, { by: 'first_come' }, 9, {
      methods: [method({ required: true }), method({ name: 'also', required: true })],
    });
    const [missing] = await ready(giveawayId, 1);
    if (!missing) throw new Error('an entry was made');
    const other = await openInstantWin(test.db, { by: 'first_come' }, 9);
    const [unverified, excluded, good] = await ready(other, 3);
    if (!unverified || !excluded || !good) throw new Error('three entries were made');
    await test.db('giveaway_entries').where({ id: unverified.entryId }).update({ reason: 'unverified' });
    const { participantId } = excluded;
    await excludeParticipant(test.db, { giveawayId: other, participantId, code: 'blocked', reason: 'spam' }, cause);
    expect(await decide(test.db, giveawayId, missing)).toEqual(['entry_not_eligible']);
    expect(await decide(test.db, other, unverified, excluded, { ...good, entryId: randomUUID() }, missing)).toEqual([
      'entry_not_eligible',
      'entry_excluded',
      'entry_not_found',
      'entry_not_found',
    ]);
    expect(await decide(test.db, randomUUID(), good)).toEqual(['instant_win_not_found']);
    expect(await decide(test.db, await openTestGiveaway(test.db), good)).toEqual(['instant_win_not_found']);
    expect(await countInstantWin(test.db, other)).toEqual({ attemptCount: 0, unitsLeft: 9 });
    expect(await decide(test.db, other, good)).toEqual(['won']);
  });

  it('ends at the deadline with every attempt decided, and is not cancelled once there was one', async () => {
    const giveawayId = await openInstantWin(test.db, { by: 'first_come' }, 50);
    const attempts = await ready(giveawayId, 20);
    const [first, late] = [attempts[0], attempts[19]];
    if (!first || !late) throw new Error('entries were made');
    const cancel = () => cancelGiveaway(test.db, { giveawayId, reason: 'no stock' }, cause);
    expect(await decide(test.db, giveawayId, first)).toEqual(['won']);
    await expect(cancel()).rejects.toMatchObject({ code: 'giveaway_not_cancellable' });
    const close = passDeadline(test.db, giveawayId).then(() => closeGiveaway(test.db, giveawayId, cause));
    const outcomes = await Promise.all([
      ...attempts.slice(1, 19).map((one) => decide(test.db, giveawayId, one)),
      close,
    ]);
    const won = outcomes.flat().filter((outcome) => outcome === 'won').length;
    expect(await countInstantWin(test.db, giveawayId)).toEqual({ attemptCount: won + 1, unitsLeft: 50 - won - 1 });
    expect(await decide(test.db, giveawayId, first, late)).toEqual(['won', 'giveaway_closed']);
    expect(await readAwards(test.db, giveawayId)).toHaveLength(won + 1);
  });

  it.each([
    ['no rule', undefined, {}],
    ['odds without a number', { by: 'odds' }, {}],
    ['a number without odds', { by: 'first_come', oddsPerMillion: 5 }, {}],
    ['a draw by hand', { by: 'first_come' }, { drawBy: 'hand' }],
    ['another mode', { by: 'first_come' }, { mode: 'random_draw' }],
  ] as const)('is refused with %s', async (_what, instantWin, change) => {
    const mode = { mode: 'instant_win', instantWin, ...change } as const;
    await expect(openTestGiveaway(test.db, { mode })).rejects.toMatchObject({ code: 'giveaway_mode_invalid' });
  });

  it('keeps the invariants', async () => {
    const checks = await checkGiveaways(test.db);
    expect(checks.filter(({ broken }) => broken > 0)).toEqual([]);
    expect(checks.find(({ invariant }) => invariant.includes('won at once'))?.checked).toBeGreaterThan(10);
  });
});
