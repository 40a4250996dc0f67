import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { drawGiveawayActivities } from '../../activities/giveaway/draw-giveaway.ts';
import { checkGiveaways } from '../../db/giveaway/audit.ts';
import { countRanked, readDrawMaterial } from '../../db/giveaway/draw-giveaway.ts';
import { enterGiveaway, makeReferralCode } from '../../db/giveaway/enter-giveaway.ts';
import { readOwnEntries } from '../../db/giveaway/own-entries.ts';
import { excludeParticipant } from '../../db/giveaway/review-participants.ts';
import { closeGiveaway } from '../../db/giveaway/run-giveaway.ts';
import { settleEligibility } from '../../db/giveaway/settle-eligibility.ts';
import {
  claimVerifications,
  recordVerifications,
  requestVerification,
  type VerificationAnswer,
  type VerificationQuestion,
} from '../../db/giveaway/verify-entries.ts';
import { twice } from '../commands/twice.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { drawEntries, method, newEntry, openTestGiveaway, passDeadline, testSecrets } from '../support/giveaways.ts';
import { KEY_ID, publicKey, signHex } from './draw/build-draw.ts';

const cause = { actor: 'system', requestId: 'test' };
const methods = [
  method({ required: true }),
  method({ name: 'follow', kind: 'social_follow', target: '@us', weight: 5, required: true }),
  method({ name: 'share', kind: 'social_share', target: 'post/1', weight: 2 }),
];

/** Longer than a few claims take. */
const LEASE_MS = 5_000;

describe('entries that a social network confirms', () => {
  let test: TestDatabase;
  const claim = (leaseMs = 60_000) => claimVerifications(test.db, { limit: 100, leaseMs });
  const answer = (
    questions: readonly VerificationQuestion[],
    verdict: VerificationAnswer['verdict'],
    retryAfterMs = 0,
  ): VerificationAnswer[] =>
    questions.map(({ entryId, attempt }) => ({
      entryId,
      attempt,
      verdict,
      retryAfterMs,
      evidence: { cause: verdict },
    }));
  const record = (results: readonly VerificationAnswer[]) =>
    twice(test.db, () => recordVerifications(test.db, results, cause));
  /** How long after it was looked at last it is due again. */
  const dueInMs = async (entryId: string): Promise<number | null> => {
    const row = await test
      .db('giveaway_verifications')
      .where({ entry_id: entryId })
      .first<{ ms: number | null }>(test.db.raw('extract(epoch from due_at - checked_at)::float8 * 1000 as ms'));
    return row?.ms ?? null;
  };
  const reasonOf = async (id: string): Promise<string> =>
    (await test.db('giveaway_entries').where({ id }).first<{ reason: string }>('reason')).reason;

  /** Somebody who has entered directly and says that they follow. */
  async function follower(giveawayId: string): Promise<{ participantId: string; entryId: string }> {
    const participantId = randomUUID();
    await enterGiveaway(test.db, newEntry(giveawayId, { participantId }), cause);
    const follow = newEntry(giveawayId, { participantId, method: 'follow', account: participantId });
    await enterGiveaway(test.db, follow, cause);
    return { participantId, entryId: follow.id };
  }

  beforeAll(async () => {
    test = await createTestDatabase('giveaway');
  });
  // What one test has left is never due in the next, however long that takes.
  afterEach(async () => {
    await test.db('giveaway_verifications').update({ due_at: null });
  });
  afterAll(() => test.drop());

  it('are asked about by one of many, and again when that one dies', async () => {
    const giveawayId = await openTestGiveaway(test.db, { methods });
    for (let n = 0; n < 3; n += 1) await follower(giveawayId);
    const claims = await Promise.all(Array.from({ length: 4 }, () => claim(LEASE_MS)));
    expect(claims.reduce((sum, { claimed }) => sum + claimed, 0)).toBe(3);
    const questions = claims.flatMap((one) => one.questions);
    expect(questions[0]).toMatchObject({ method: 'social_follow', target: '@us', attempt: 1 });
    expect((await claim()).claimed).toBe(0);
    let again = 0;
    await expect.poll(async () => (again += (await claim()).claimed)).toBe(3);
    // The dead one was only slow: what it says now is about an earlier question.
    await record(answer(questions, 'PASS'));
    expect(await test.db('giveaway_verifications').where({ giveaway_id: giveawayId, verdict: 'PASS' })).toEqual([]);
  });

  it('weigh nothing until they pass, and wait longer after each answer that says nothing', async () => {
    const giveawayId = await openTestGiveaway(test.db, { methods });
    const { participantId, entryId } = await follower(giveawayId);
    const own = () => readOwnEntries(test.db, giveawayId, participantId);
    expect(await own()).toMatchObject({ tickets: 0, missing: ['follow'] });
    const waits: number[] = [];
    for (let n = 0; n < 3; n += 1) {
      const { questions } = await claim();
      await recordVerifications(test.db, answer(questions, 'UNKNOWN'), cause);
      waits.push((await dueInMs(entryId)) ?? 0);
      await test
        .db('giveaway_verifications')
        .where({ entry_id: entryId })
        .update({ due_at: new Date(0) });
    }
    expect(waits.map((ms) => Math.round(ms / 1_000))).toEqual([2, 4, 8]);
    await recordVerifications(test.db, answer((await claim()).questions, 'UNKNOWN', 90_000), cause);
    expect((await dueInMs(entryId)) ?? 0).toBeGreaterThan(80_000);
    expect(await reasonOf(entryId)).toBe('unverified');
    await test
      .db('giveaway_verifications')
      .where({ entry_id: entryId })
      .update({ due_at: new Date(0) });
    await record(answer((await claim()).questions, 'PASS'));
    expect(await own()).toMatchObject({ tickets: 6, missing: [] });
    // What is known is asked again at the deadline.
    expect((await dueInMs(entryId)) ?? 0).toBeGreaterThan(500_000);
  });

  it('that fail are looked at again when their participant asks for it, and not more than once a minute', async () => {
    const giveawayId = await openTestGiveaway(test.db, { methods });
    const { participantId, entryId } = await follower(giveawayId);
    await record(answer((await claim()).questions, 'FAIL'));
    expect(await reasonOf(entryId)).toBe('not_verified');
    await twice(test.db, () => requestVerification(test.db, { entryId, participantId }));
    const dueMs = (await dueInMs(entryId)) ?? 0;
    expect(dueMs).toBeGreaterThan(50_000);
    expect(dueMs).toBeLessThanOrEqual(60_000);
    await expect(requestVerification(test.db, { entryId, participantId: randomUUID() })).rejects.toMatchObject({
      code: 'entry_not_found',
    });
    const [direct] = await test
      .db('giveaway_entries')
      .where({ participant_id: participantId, method: 'direct' })
      .select<{ id: string }[]>('id');
    await expect(requestVerification(test.db, { entryId: direct?.id ?? '', participantId })).rejects.toMatchObject({
      code: 'entry_not_verifiable',
    });
  });

  it('are asked about once more at the deadline, and the freeze waits for it up to the limit', async () => {
    const giveawayId = await openTestGiveaway(test.db, { methods, verificationGraceMs: 20_000 });
    const [stays, leaves, late] = await Promise.all([1, 2, 3].map(() => follower(giveawayId)));
    if (!stays || !leaves || !late) throw new Error('nobody follows');
    const mine = async (entryId: string) => (await claim()).questions.filter((one) => one.entryId === entryId);
    const first = (await claim()).questions;
    await record(
      answer(
        first.filter(({ entryId }) => entryId !== late.entryId),
        'PASS',
      ),
    );
    await passDeadline(test.db, giveawayId);
    await test
      .db('giveaway_verifications')
      .where({ giveaway_id: giveawayId })
      .update({ due_at: new Date(0) });
    expect(await closeGiveaway(test.db, giveawayId, cause)).toBeGreaterThan(0);
    await expect(enterGiveaway(test.db, newEntry(giveawayId), cause)).rejects.toMatchObject({
      code: 'giveaway_closed',
    });
    const again = (await claim()).questions;
    expect(again).toHaveLength(3);
    await record([
      ...answer(
        again.filter(({ entryId }) => entryId === stays.entryId),
        'PASS',
      ),
      ...answer(
        again.filter(({ entryId }) => entryId === leaves.entryId),
        'FAIL',
      ),
      ...answer(
        again.filter(({ entryId }) => entryId === late.entryId),
        'UNKNOWN',
      ),
    ]);
    expect(await dueInMs(stays.entryId)).toBeNull();
    expect(await closeGiveaway(test.db, giveawayId, cause)).toBeGreaterThan(0);
    await expect.poll(() => closeGiveaway(test.db, giveawayId, cause), { interval: 200 }).toBe(0);
    // What comes after the freeze changes nothing.
    await test
      .db('giveaway_verifications')
      .where({ entry_id: late.entryId })
      .update({ due_at: new Date(0) });
    const { attempt } = await test.db('giveaway_verifications').where({ entry_id: late.entryId }).first('attempt');
    await recordVerifications(
      test.db,
      [{ entryId: late.entryId, attempt, verdict: 'PASS', evidence: {}, retryAfterMs: 0 }],
      cause,
    );
    expect(await mine(late.entryId)).toEqual([]);
    expect(await dueInMs(late.entryId)).toBeNull();
    expect(await Promise.all([stays, leaves, late].map(({ entryId }) => reasonOf(entryId)))).toEqual([
      'eligible',
      'not_verified',
      'unverified',
    ]);
  });

  it('freezes with one of a hundred unknown', async () => {
    const giveawayId = await openTestGiveaway(test.db, { methods, verificationGraceMs: 600_000 });
    for (let n = 0; n < 100; n += 1) await follower(giveawayId);
    await passDeadline(test.db, giveawayId);
    const { questions } = await claim();
    await recordVerifications(test.db, answer(questions.slice(2), 'PASS'), cause);
    expect(await closeGiveaway(test.db, giveawayId, cause)).toBeGreaterThan(0);
    await recordVerifications(test.db, answer(questions.slice(1, 2), 'PASS'), cause);
    expect(await closeGiveaway(test.db, giveawayId, cause)).toBe(0);
  });

  it('are drawn with the weights that passed, and every other one is in the tree with its reason', async () => {
    const referral = method({ name: 'friends', kind: 'referral', period: 'per_referral', weight: 7 });
    const giveawayId = await openTestGiveaway(test.db, { methods: [...methods, referral], verificationGraceMs: 0 });
    const [good, blocked] = [await follower(giveawayId), await follower(giveawayId)];
    const { code } = await makeReferralCode(test.db, { giveawayId, participantId: good.participantId, code: 'GOOD' });
    const friend = randomUUID();
    await enterGiveaway(test.db, newEntry(giveawayId, { participantId: friend, referralCode: code }), cause);
    const stranger = newEntry(giveawayId, { referralCode: code });
    await enterGiveaway(test.db, stranger, cause);
    await enterGiveaway(
      test.db,
      newEntry(giveawayId, { participantId: friend, method: 'follow', account: 'f' }),
      cause,
    );
    await recordVerifications(test.db, answer((await claim()).questions, 'PASS'), cause);
    const exclusion = { giveawayId, participantId: blocked.participantId, code: 'blocked' as const, reason: 'a bot' };
    await twice(test.db, () => excludeParticipant(test.db, exclusion, cause));
    await passDeadline(test.db, giveawayId);
    expect(await closeGiveaway(test.db, giveawayId, cause)).toBe(0);
    const signer = { keyId: KEY_ID, publicKey, sign: signHex };
    const draws = drawGiveawayActivities({ db: test.db, secrets: testSecrets, signer, heartbeat: () => {} });
    const input = { giveawayId, ...cause };
    await twice(test.db, () => draws.commitDraw(input));
    await twice(test.db, () => draws.drawGiveaway(input));
    const { draw } = await readDrawMaterial(test.db, giveawayId);
    expect(draw.commitment).toMatchObject({
      entryCount: 9,
      // The good one and the friend, and one referral that counts.
      totalWeight: 6 + 6 + 7,
      countsByReason: { eligible: 5, blocked: 2, required_missing: 1, referral_not_eligible: 1 },
    });
    expect(await countRanked(test.db, giveawayId)).toBe(2);
    // What was committed to stands, whatever is settled afterwards.
    const before = await drawEntries(test.db, giveawayId);
    await test.db('giveaway_exclusions').insert({
      giveaway_id: giveawayId,
      participant_id: friend,
      code: 'blocked',
      reason: 'late',
      decided_by: 'test',
    });
    expect(await settleEligibility(test.db, { giveawayId, after: '' })).toEqual({ next: null });
    expect(await drawEntries(test.db, giveawayId)).toEqual(before);
    await test.db('giveaway_exclusions').where({ participant_id: friend }).delete();
    expect((await checkGiveaways(test.db)).filter(({ broken }) => broken > 0)).toEqual([]);
  });
});
