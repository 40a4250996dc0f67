import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createGiveaway } from '../../db/giveaway/create-giveaway.ts';
import { enterGiveaway, makeReferralCode, type EntrantFacts } from '../../db/giveaway/enter-giveaway.ts';
import { readOwnEntries } from '../../db/giveaway/own-entries.ts';
import { createEntryHashes } from '../../runtime/entry-hashes.ts';
import { twice } from '../commands/twice.ts';
import { awayFromMidnight, createTestDatabase, type TestDatabase } from '../support/database.ts';
import { method, newEntry, openTestGiveaway } from '../support/giveaways.ts';

const cause = { actor: 'system', requestId: 'test' };
const hashes = createEntryHashes([{ id: 'a', key: Buffer.alloc(32, 7) }]);
const YEAR_MS = 366 * 24 * 3_600_000;
const yearsAgo = (years: number): string => new Date(Date.now() - years * YEAR_MS).toISOString().slice(0, 10);

describe('entering a giveaway', () => {
  let test: TestDatabase;
  const enter = (entry: ReturnType<typeof newEntry>) => enterGiveaway(test.db, entry, cause);
  const own = (giveawayId: string, participantId: string) => readOwnEntries(test.db, giveawayId, participantId);

  beforeAll(async () => {
    test = await createTestDatabase('giveaway');
  });
  afterAll(() => test.drop());

  it('answers the first result again, and refuses the same id with other inputs', async () => {
    const giveawayId = await openTestGiveaway(test.db);
    const entry = newEntry(giveawayId);
    const accepted = await twice(test.db, () => enter(entry));
    expect(accepted).toMatchObject({ id: entry.id, method: 'direct', period: 'once', weight: 1, salt: entry.salt });
    expect(accepted.receivedAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    await expect(enter({ ...entry, participantId: randomUUID() })).rejects.toMatchObject({
      code: 'idempotency_key_reused',
    });
    await expect(enter({ ...entry, id: randomUUID() })).rejects.toMatchObject({ code: 'entry_duplicate' });
    await expect(enter(newEntry(giveawayId, { method: 'nonsense' }))).rejects.toMatchObject({
      code: 'entry_method_not_found',
    });
  });

  it('adds up the weights of all methods, and says which required one is missing', async () => {
    const giveawayId = await openTestGiveaway(test.db, {
      methods: [
        method({ required: true, weight: 3 }),
        method({ name: 'daily', period: 'daily', weight: 2, cap: 1 }),
        method({ name: 'follow', kind: 'social_follow', target: '@us', weight: 5 }),
      ],
    });
    const participantId = randomUUID();
    await enter(newEntry(giveawayId, { participantId, method: 'daily' }));
    expect(await own(giveawayId, participantId)).toMatchObject({ tickets: 0, missing: ['direct'] });
    await enter(newEntry(giveawayId, { participantId }));
    await expect(enter(newEntry(giveawayId, { participantId, method: 'daily' }))).rejects.toMatchObject({
      code: 'entry_cap_reached',
    });
    await expect(enter(newEntry(giveawayId, { participantId, method: 'follow' }))).rejects.toMatchObject({
      code: 'entry_proof_missing',
    });
    await twice(test.db, () => readOwnEntries(test.db, giveawayId, participantId));
    const follow = newEntry(giveawayId, { participantId, method: 'follow', account: '@me' });
    await twice(test.db, () => enter(follow));
    // What nobody has confirmed yet weighs nothing.
    const { tickets, missing, entries } = await own(giveawayId, participantId);
    expect({ tickets, missing }).toEqual({ tickets: 5, missing: [] });
    expect(entries.find(({ id }) => id === follow.id)).toMatchObject({ verdict: 'UNKNOWN', reason: 'unverified' });
  });

  it('takes one daily entry a day', async () => {
    await awayFromMidnight();
    const giveawayId = await openTestGiveaway(test.db, { methods: [method({ name: 'daily', period: 'daily' })] });
    const participantId = randomUUID();
    const today = await enter(newEntry(giveawayId, { participantId, method: 'daily' }));
    expect(today.period).toBe(today.receivedAt.slice(0, 10));
    const again = () => enter(newEntry(giveawayId, { participantId, method: 'daily' }));
    await expect(again()).rejects.toMatchObject({ code: 'entry_duplicate' });
    await test.db('giveaway_entries').where({ id: today.id }).update({ period: '2020-01-01' });
    expect((await again()).weight).toBe(1);
  });

  it('counts wrong answers, at once and again, and then refuses even the right one', async () => {
    const id = randomUUID();
    const answerHash = hashes.answer(id, 'code', 'Open Sesame');
    const giveawayId = await openTestGiveaway(test.db, {
      id,
      methods: [method({}), method({ name: 'code', kind: 'secret_code', answerHash })],
    });
    const participantId = randomUUID();
    const answer = (text: string, change = {}) =>
      enter(
        newEntry(giveawayId, {
          participantId,
          method: 'code',
          answerHashes: hashes.answers(id, 'code', text),
          ...change,
        }),
      );
    await expect(answer('x', { answerHashes: undefined })).rejects.toMatchObject({ code: 'entry_proof_missing' });
    const right = await answer('  open   SESAME ', { participantId: randomUUID() });
    expect(right.method).toBe('code');
    const attempt = randomUUID();
    for (const _ of [1, 2]) {
      await expect(answer('no', { id: attempt })).rejects.toMatchObject({
        code: 'entry_answer_wrong',
        details: { attemptsLeft: 9 },
      });
    }
    const guesses = await Promise.allSettled(Array.from({ length: 30 }, () => answer('no')));
    const codes = guesses.map((guess) => (guess.status === 'rejected' ? guess.reason.code : 'right'));
    expect(codes.filter((code) => code === 'entry_answer_wrong')).toHaveLength(9);
    expect(codes.filter((code) => code === 'entry_attempts_exhausted')).toHaveLength(21);
    await expect(answer('open sesame')).rejects.toMatchObject({ code: 'entry_attempts_exhausted' });
  });

  it('credits whoever referred somebody, once each and up to the cap', async () => {
    const giveawayId = await openTestGiveaway(test.db, {
      methods: [
        method({ required: true }),
        method({ name: 'friends', kind: 'referral', period: 'per_referral', weight: 4, cap: 3 }),
      ],
    });
    const participantId = randomUUID();
    const ids = { giveawayId, participantId };
    await expect(makeReferralCode(test.db, { ...ids, code: 'A' })).rejects.toMatchObject({ code: 'entry_not_found' });
    await enter(newEntry(giveawayId, { participantId }));
    const { code } = await twice(test.db, () => makeReferralCode(test.db, { ...ids, code: 'ABC' }));
    await expect(enter(newEntry(giveawayId, { referralCode: 'XYZ' }))).rejects.toMatchObject({
      code: 'entry_referral_unknown',
    });
    const friend = newEntry(giveawayId, { referralCode: code });
    await twice(test.db, () => enter(friend));
    await Promise.all(Array.from({ length: 12 }, () => enter(newEntry(giveawayId, { referralCode: code }))));
    const mine = await own(giveawayId, participantId);
    expect(mine.tickets).toBe(1 + 3 * 4);
    expect(mine.entries.filter(({ method: name }) => name === 'friends')).toHaveLength(3);
    await expect(enter(newEntry(giveawayId, { method: 'friends' }))).rejects.toMatchObject({
      code: 'entry_method_not_found',
    });
  });

  it.each<[string, EntrantFacts]>([
    ['entry_profile_incomplete', { country: 'DE', registeredAt: '2020-01-01T00:00:00Z' }],
    ['entry_profile_incomplete', { birthDate: yearsAgo(30), registeredAt: '2020-01-01T00:00:00Z' }],
    ['entry_profile_incomplete', { birthDate: yearsAgo(30), country: 'DE' }],
    ['entry_too_young', { birthDate: yearsAgo(17), country: 'DE', registeredAt: '2020-01-01T00:00:00Z' }],
    ['entry_country_excluded', { birthDate: yearsAgo(30), country: 'FR', registeredAt: '2020-01-01T00:00:00Z' }],
    ['entry_account_too_new', { birthDate: yearsAgo(30), country: 'DE', registeredAt: new Date().toISOString() }],
    ['entry_staff_excluded', { birthDate: yearsAgo(30), country: 'DE', registeredAt: '2020-01-01', staff: true }],
  ])('refuses with %s whom the rules do not admit', async (code, facts) => {
    const eligibility = { minAgeYears: 18, countries: ['DE', 'AT'], minAccountAgeMs: 3_600_000 };
    const giveawayId = await openTestGiveaway(test.db, { eligibility });
    await expect(enter(newEntry(giveawayId, { facts }))).rejects.toMatchObject({ code });
    const good = { birthDate: yearsAgo(19), country: 'AT', registeredAt: '2020-01-01T00:00:00Z' };
    expect((await enter(newEntry(giveawayId, { facts: good }))).weight).toBe(1);
    expect(await test.db('giveaway_participants').where({ giveaway_id: giveawayId })).toHaveLength(1);
  });

  it.each([
    ['two of the same name', [method({}), method({})]],
    ['a target that nobody verifies', [method({ target: '@us' })]],
    ['a social method without a target', [method({ kind: 'social_share' })]],
    ['a code without an answer', [method({ kind: 'secret_code' })]],
    ['a referral that counts once', [method({}), method({ name: 'r', kind: 'referral' })]],
    ['a referral alone', [method({ kind: 'referral', period: 'per_referral' })]],
    [
      'a required referral',
      [method({}), method({ name: 'r', kind: 'referral', period: 'per_referral', required: true })],
    ],
    ['a daily question', [method({ kind: 'question', period: 'daily', prompt: '?', answerHash: 'ab' })]],
  ])('refuses %s', async (_what, methods) => {
    const id = randomUUID();
    const draft = {
      id,
      hostId: randomUUID(),
      title: 'T',
      description: '',
      currency: 'USD',
      claimWindowMs: 1,
      prizes: [],
    };
    await expect(
      createGiveaway(test.db, { ...draft, closesAt: new Date(Date.now() + 60_000), methods }, cause),
    ).rejects.toMatchObject({ code: 'entry_methods_invalid' });
    expect(await test.db('giveaways').where({ id })).toEqual([]);
  });
});
