import { randomUUID } from 'node:crypto';
import type { Knex } from 'knex';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineRoute, type Reply } from '../../api/http/define-route.ts';
import { DomainError } from '../../domain/errors.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { startHttpApp, testKeys, type HttpApp, type TestKeys } from '../support/http-app.ts';

/** No attempt is believed lost by the pace of the machine. */
const BUDGET_MS = 60_000;
/** For whoever believes at once that an attempt is lost, as if the budget had passed. */
const NO_TIME_MS = 50;

describe('an idempotency key', () => {
  let test: TestDatabase;
  let keys: TestKeys;
  let app: HttpApp;
  /** The same, but with no time at all. */
  let hasty: HttpApp;
  let token: string;
  const ran: string[] = [];
  let work: (resourceId: string) => Promise<Reply>;

  const make = defineRoute({
    method: 'post',
    path: '/v1/things',
    summary: 'Make',
    auth: 'account.read',
    idempotent: true,
    secretMembers: ['password'],
    body: z.object({ name: z.string(), password: z.string().optional(), other: z.number().optional() }),
    responses: { 201: { description: 'Made' }, 202: { description: 'Later' } },
    handler: ({ resourceId }) => {
      ran.push(resourceId);
      return work(resourceId);
    },
  });
  const ask = (key: string, body: unknown = { name: 'a' }, as = token, of = app) =>
    of.ask('POST', '/v1/things', { token: as, key, body });
  const askHastily = (key: string) => ask(key, undefined, undefined, hasty);
  const tokenOf = (userId = randomUUID()) =>
    keys.issuer.issue({ userId, sessionId: randomUUID(), roles: ['participant'] });

  beforeAll(async () => {
    test = await createTestDatabase('giveaway');
    keys = await testKeys();
    app = await startHttpApp(test.db, keys, { routes: [make], budgetMs: BUDGET_MS });
    hasty = await startHttpApp(test.db, keys, { routes: [make], budgetMs: NO_TIME_MS });
    token = await tokenOf();
  });
  beforeEach(() => {
    ran.length = 0;
    work = (id) => Promise.resolve({ status: 201, body: { id }, headers: { location: `/v1/things/${id}` } });
  });
  afterAll(async () => {
    await app.close();
    await hasty.close();
    await test.drop();
  });

  it('is required, and has to be sayable in a header', async () => {
    const none = await app.ask('POST', '/v1/things', { token, body: { name: 'a' } });
    expect([none.status, none.body.code]).toEqual([400, 'idempotency_key_missing']);
    expect((await ask('with space')).body.code).toBe('idempotency_key_invalid');
    expect((await ask('x'.repeat(256))).body.code).toBe('idempotency_key_invalid');
    expect(ran).toEqual([]);
  });

  it('gives the stored answer, headers and all, to the same request, however its members are ordered', async () => {
    const first = await ask('same', { name: 'a', other: 1 });
    const again = await ask('same', { other: 1, name: 'a' });
    expect([first.status, again.status, ran.length]).toEqual([201, 201, 1]);
    expect(again.body).toEqual(first.body);
    expect(again.headers.get('location')).toBe(first.headers.get('location'));
    expect([first, again].map(({ headers }) => headers.get('idempotent-replayed'))).toEqual([null, 'true']);
  });

  it('keeps the answer of what was done behind the caller, and a repeat waits until it is kept', async () => {
    let locked: Knex.Transaction | undefined;
    work = async (id) => {
      locked = await test.db.transaction();
      await locked('idempotency_keys').where({ key: 'behind' }).forUpdate();
      return { status: 201, body: { id } };
    };
    const first = await ask('behind');
    let repeated = false;
    const repeat = ask('behind').finally(() => (repeated = true));
    await new Promise((done) => setTimeout(done, 100));
    expect([first.status, repeated]).toEqual([201, false]);
    await locked?.commit();
    expect(await repeat).toMatchObject({ status: 201, body: first.body });
    expect((await repeat).headers.get('idempotent-replayed')).toBe('true');
    expect(ran).toHaveLength(1);
  });

  it('refuses another request', async () => {
    await ask('other');
    const { status, body } = await ask('other', { name: 'b' });
    expect([status, body.code, ran.length]).toEqual([422, 'idempotency_key_reused', 1]);
  });

  it('belongs to one principal', async () => {
    const [mine, theirs] = [await ask('mine'), await ask('mine', undefined, await tokenOf())];
    expect(theirs.body.id).not.toBe(mine.body.id);
  });

  it('lets one of fifty simultaneous requests work, and tells the others to come again', async () => {
    const refusal = Promise.withResolvers<void>();
    work = async (id) => (await refusal.promise, { status: 201, body: { id } });
    const answers = await Promise.all(Array.from({ length: 50 }, () => ask('race').finally(refusal.resolve)));
    expect(ran).toHaveLength(1);
    const refused = answers.filter(({ status }) => status === 409);
    expect(answers.filter(({ status }) => status === 201).length + refused.length).toBe(50);
    expect(refused.every(({ body }) => body.code === 'idempotency_in_flight')).toBe(true);
    // Seconds until the first attempt counts as lost.
    for (const { headers } of refused) {
      const retryAfterS = Number(headers.get('retry-after'));
      expect(retryAfterS).toBeGreaterThan(0);
      expect(retryAfterS).toBeLessThanOrEqual(BUDGET_MS / 1_000);
    }
    expect((await ask('race')).body).toEqual({ id: ran[0] });
  });

  it('runs again under the same resource id once the first attempt is older than the budget', async () => {
    const lost = Promise.withResolvers<Reply>();
    work = () => lost.promise;
    const first = askHastily('lost');
    await expect.poll(() => ran.length).toBe(1);
    work = (id) => Promise.resolve({ status: 201, body: { id, attempt: 2 } });
    expect((await ask('lost')).body.code).toBe('idempotency_in_flight');
    await new Promise((done) => setTimeout(done, 2 * NO_TIME_MS));
    const second = await askHastily('lost');
    expect(second.body).toEqual({ id: ran[0], attempt: 2 });
    expect(ran[1]).toBe(ran[0]);
    lost.resolve({ status: 201, body: { id: ran[0], attempt: 1 } });
    expect((await first).body).toEqual(second.body);
  });

  it('gives one answer where the attempt that was believed lost is kept before the one that took over', async () => {
    const lost = Promise.withResolvers<Reply>();
    work = () => lost.promise;
    const first = askHastily('late');
    await expect.poll(() => ran.length).toBe(1);
    await new Promise((done) => setTimeout(done, 2 * NO_TIME_MS));
    work = async (id) => {
      lost.resolve({ status: 201, body: { id, attempt: 1 } });
      await first;
      return { status: 201, body: { id, attempt: 2 } };
    };
    const second = await askHastily('late');
    expect([ran.length, second.body]).toEqual([2, { id: ran[0], attempt: 1 }]);
    expect((await first).body).toEqual(second.body);
  });

  it.each([
    ['an acceptance', () => Promise.resolve({ status: 202, body: {} })],
    ['an unknown failure', () => Promise.reject(new Error('ours'))],
    ['an unavailability', () => Promise.reject(new DomainError('service_unavailable', 'Later.'))],
    ['a rate limit', () => Promise.reject(new DomainError('rate_limited', 'Slower.'))],
  ])('keeps nothing of %s: the repeat works at once, under the same resource id', async (name, once) => {
    const key = `moment-${name.replaceAll(' ', '-')}`;
    work = once;
    await ask(key);
    work = (id) => Promise.resolve({ status: 201, body: { id } });
    expect(await ask(key)).toMatchObject({ status: 201, body: { id: ran[0] } });
  });

  it('keeps a refusal by a rule', async () => {
    work = () => Promise.reject(new DomainError('wallet_insufficient_funds', 'Too little.'));
    const first = await ask('refused');
    const again = await ask('refused');
    expect([first.status, again.status, ran.length]).toEqual([422, 422, 1]);
    expect(again.body).toEqual(first.body);
    expect(again.headers.get('content-type')).toMatch('application/problem+json');
  });

  it('keeps nothing of a request that is not valid', async () => {
    expect((await ask('fixed', { name: 7 })).status).toBe(400);
    expect((await ask('fixed')).status).toBe(201);
  });

  it('leaves no trace of a secret, not even a hash', async () => {
    await ask('secret-1', { name: 'a', password: 'one' });
    await ask('secret-2', { name: 'a', password: 'two' });
    const rows = await test.db('idempotency_keys').whereIn('key', ['secret-1', 'secret-2']).select('request_hash');
    expect(rows[0]?.request_hash).toEqual(rows[1]?.request_hash);
  });
});
