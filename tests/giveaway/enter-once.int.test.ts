import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { enterGiveawayRoute } from '../../api/giveaway/enter-giveaway.ts';
import { createEntryHashes } from '../../runtime/entry-hashes.ts';
import { createProofSigner } from '../../runtime/proof-signer.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { method, openTestGiveaway } from '../support/giveaways.ts';
import { startHttpApp, testKeys, type HttpApp, type TestAnswer, type TestKeys } from '../support/http-app.ts';

const ATTEMPTS_AT_ONCE = 30;
const jwk = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' }) as Record<string, string>;
const signer = createProofSigner({ ...jwk, kid: 'test' });
const entryHashes = createEntryHashes([{ id: 'a', key: Buffer.alloc(32, 7) }]);

describe('an entry under an idempotency key', () => {
  let test: TestDatabase;
  let keys: TestKeys;
  let app: HttpApp;
  let giveawayId: string;

  const tokenOf = (userId: string = randomUUID()) =>
    keys.issuer.issue({ userId, sessionId: userId, roles: ['participant'] });
  const enter = (token: string, key: string, body: object = {}, into = giveawayId): Promise<TestAnswer> =>
    app.ask('POST', `/v1/giveaways/${into}/entries`, { token, key, body });
  const entriesIn = async (id: string): Promise<number> =>
    (await test.db('giveaway_entries').where({ giveaway_id: id })).length;
  const keptUnder = (key: string) => test.db('idempotency_keys').where({ key }).select('status');

  beforeAll(async () => {
    test = await createTestDatabase('giveaway');
    keys = await testKeys();
    app = await startHttpApp(test.db, keys, { routes: [enterGiveawayRoute({ db: test.db, signer, entryHashes })] });
    giveawayId = await openTestGiveaway(test.db);
  });
  afterAll(async () => {
    await app.close();
    await test.drop();
  });

  it('is its own memory: the same request gets the same receipt, and nothing else keeps it', async () => {
    const token = await tokenOf();
    const first = await enter(token, 'same', { deviceId: 'd', method: 'direct' });
    const again = await enter(token, 'same', { method: 'direct', deviceId: 'd' });
    expect([first.status, again.status]).toEqual([201, 201]);
    expect(first.body.receipt).toMatchObject({ giveawayId, entryId: first.body.entryId, weight: 1 });
    expect(again.body).toEqual(first.body);
    expect([first, again].map(({ headers }) => headers.get('idempotent-replayed'))).toEqual([null, 'true']);
    expect(await keptUnder('same')).toEqual([]);
  });

  it('refuses another request, also at the same moment, and another key of the same person', async () => {
    const token = await tokenOf();
    const both = await Promise.all([enter(token, 'both'), enter(token, 'both', { deviceId: 'other' })]);
    expect(both.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 422]);
    expect(both.map(({ body }) => body.code)).toContain('idempotency_key_reused');
    expect((await enter(token, 'both', { deviceId: 'third' })).body.code).toBe('idempotency_key_reused');
    expect((await enter(token, 'next')).body.code).toBe('entry_duplicate');
  });

  it('is one entry and one answer for many at once', async () => {
    const id = await openTestGiveaway(test.db);
    const token = await tokenOf();
    const answers = await Promise.all(Array.from({ length: ATTEMPTS_AT_ONCE }, () => enter(token, 'race', {}, id)));
    expect(new Set(answers.map(({ status, body }) => `${status} ${body.receipt.signature}`)).size).toBe(1);
    expect(answers.filter(({ headers }) => headers.get('idempotent-replayed') === null)).toHaveLength(1);
    expect(await entriesIn(id)).toBe(1);
  });

  it('stays refused under the key that was refused, whatever changes afterwards', async () => {
    const id = await openTestGiveaway(test.db);
    await test.db('giveaways').where({ id }).update({ paused_at: new Date() });
    const token = await tokenOf();
    expect((await enter(token, 'early', {}, id)).body.code).toBe('giveaway_paused');
    await test.db('giveaways').where({ id }).update({ paused_at: null });
    const again = await enter(token, 'early', {}, id);
    expect([again.body.code, again.headers.get('idempotent-replayed')]).toEqual(['giveaway_paused', 'true']);
    expect((await enter(token, 'early', { deviceId: 'd' }, id)).body.code).toBe('idempotency_key_reused');
    expect(await entriesIn(id)).toBe(0);
    expect((await enter(token, 'later', {}, id)).status).toBe(201);
  });

  it('counts a wrong answer once per key', async () => {
    const id = randomUUID();
    const answerHash = entryHashes.answer(id, 'code', 'Sesame');
    await openTestGiveaway(test.db, { id, methods: [method({ name: 'code', kind: 'secret_code', answerHash })] });
    const token = await tokenOf();
    const guess = (key: string, answer: string) => enter(token, key, { method: 'code', answer }, id);
    for (const key of ['one', 'one', 'two']) expect((await guess(key, 'no')).body.code).toBe('entry_answer_wrong');
    expect((await guess('two', 'no')).body.details.attemptsLeft).toBe(8);
    expect((await guess('three', 'sesame')).status).toBe(201);
  });

  it('gives the answer that was kept before entries remembered their requests', async () => {
    const userId = randomUUID();
    const token = await tokenOf(userId);
    const { body } = await enter(token, 'old');
    const kept = { status: 201, headers: {}, response: { old: true }, completed_at: new Date() };
    const mine = test.db('giveaway_entries').where({ id: body.entryId });
    const { request_hash: hash } = await mine.clone().first('request_hash');
    await mine.update({ request_hash: null });
    const names = { principal: `user:${userId}`, route: 'post /v1/giveaways/{giveawayId}/entries', key: 'old' };
    await test.db('idempotency_keys').insert({ ...names, ...kept, resource_id: body.entryId, request_hash: hash });
    const again = await enter(token, 'old');
    expect([again.status, again.body]).toEqual([201, { old: true }]);
    expect((await enter(token, 'old', { deviceId: 'd' })).body.code).toBe('idempotency_key_reused');
  });
});
