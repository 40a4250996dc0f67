import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { identityRoutes } from '../../api/giveaway/identity-routes.ts';
import { ensureBootstrapAdmin } from '../../db/identity/ensure-bootstrap-admin.ts';
import { DomainError } from '../../domain/errors.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { startHttpApp, testKeys, type Asking, type HttpApp, type TestKeys } from '../support/http-app.ts';

const PASSWORD = 'correct horse battery';
const REFRESH_TTL_MS = 60_000;

describe('identity', () => {
  let test: TestDatabase;
  let keys: TestKeys;
  let app: HttpApp;
  const attempts = new Map<string, number>();

  beforeAll(async () => {
    test = await createTestDatabase('giveaway');
    keys = await testKeys();
    const logInLimit = {
      consume: (email: string) => {
        attempts.set(email, (attempts.get(email) ?? 0) + 1);
        if ((attempts.get(email) ?? 0) <= 5) return Promise.resolve();
        return Promise.reject(new DomainError('rate_limited', 'Slower.', { retryAfterMs: 30_000 }));
      },
    };
    const routes = identityRoutes({
      db: test.db,
      ...keys,
      refreshTokenTtlMs: REFRESH_TTL_MS,
      accessTokenTtlMs: 60_000,
      logInLimit,
    });
    app = await startHttpApp(test.db, keys, { routes });
  });
  afterAll(async () => {
    await app.close();
    await test.drop();
  });

  const post = (path: string, asking: Asking = {}) => app.ask('POST', path, { key: randomUUID(), ...asking });
  const register = (email: string, rest: object = {}, key: string = randomUUID()) =>
    post('/v1/users', { key, body: { email, password: PASSWORD, displayName: 'A', ...rest } });
  const logIn = (email: string, password = PASSWORD) => post('/v1/sessions', { body: { email, password } });
  const refresh = (refreshToken: string) => post('/v1/sessions/refresh', { body: { refreshToken } });
  const registered = async (roles: readonly string[] = ['participant']) => {
    const email = `${randomUUID()}@example.com`;
    const user = (await register(email, { roles })).body;
    return { email, userId: user.id as string, ...(await logIn(email)).body };
  };
  const eventsOf = (aggregateId: string): Promise<{ type: string }[]> =>
    test
      .db('domain_events')
      .where({ aggregate_id: aggregateId })
      .orderBy('version')
      .select('type', 'payload', 'actor', 'correlation_id');
  const typesOf = async (aggregateId: string) => (await eventsOf(aggregateId)).map(({ type }) => type);

  describe('registering', () => {
    it('makes a user and says so in an event, without the address', async () => {
      const { status, body } = await register('Ada@Example.com', { roles: ['host'] });
      expect([status, body.roles]).toEqual([201, ['host']]);
      expect(body).not.toHaveProperty('passwordHash');
      expect(JSON.stringify(await eventsOf(body.id))).not.toMatch(/ada@/i);
      expect(await typesOf(body.id)).toEqual(['identity.user.registered']);
    });

    it('takes an address once, whatever the case of its letters', async () => {
      await register('grace@example.com');
      const { status, body } = await register('GRACE@example.com');
      expect([status, body.code]).toEqual([409, 'email_taken']);
    });

    it('lets one of ten simultaneous strangers have an address', async () => {
      const answers = await Promise.all(Array.from({ length: 10 }, () => register('race@example.com')));
      expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
      expect(answers.filter(({ body }) => body.code === 'email_taken')).toHaveLength(9);
    });

    it('makes one user of ten simultaneous requests with one key', async () => {
      const key = randomUUID();
      await Promise.all(Array.from({ length: 10 }, () => register('once@example.com', {}, key)));
      expect((await register('once@example.com', {}, key)).status).toBe(201);
      expect(await test.db('users').where({ email: 'once@example.com' })).toHaveLength(1);
    });

    it.each([
      [{ roles: ['finance'] }, 'role_not_self_assignable'],
      [{ roles: ['host', 'admin'] }, 'role_not_self_assignable'],
      [{ roles: ['king'] }, 'validation_failed'],
      [{ roles: [] }, 'validation_failed'],
      [{ password: 'short' }, 'validation_failed'],
      [{ email: 'nobody' }, 'validation_failed'],
      [{ displayName: '  ' }, 'validation_failed'],
    ])('refuses %j', async (rest, code) => {
      expect((await register('refused@example.com', rest)).body.code).toBe(code);
      expect(await test.db('users').where({ email: 'refused@example.com' })).toEqual([]);
    });

    it('keeps neither the password nor anything fast to compute from it', async () => {
      const { email } = await registered();
      const user = await test.db('users').where({ email }).first('password_hash');
      expect(user?.password_hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    });
  });

  describe('logging in', () => {
    it('answers an unknown address as it answers a wrong password', async () => {
      const { email } = await registered();
      const [wrong, unknown] = [await logIn(email, 'wrong password'), await logIn('unknown@example.com')];
      expect([wrong.status, wrong.body.code]).toEqual([401, 'credentials_invalid']);
      expect({ ...unknown.body, requestId: '' }).toEqual({ ...wrong.body, requestId: '' });
    });

    it('is limited by address, and says when to come again', async () => {
      const answers = [];
      for (let count = 0; count < 6; count += 1) answers.push(await logIn('Limited@example.com', 'x'));
      expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 401, 401, 429]);
      expect(answers.at(-1)?.headers.get('retry-after')).toBe('30');
    });

    it('gives a token that says who I am', async () => {
      const { accessToken, userId, expiresInMs } = await registered(['host', 'participant']);
      expect(expiresInMs).toBe(60_000);
      const me = await app.ask('GET', '/v1/users/me', { token: accessToken });
      expect(me.body).toEqual({ id: userId, displayName: 'A', roles: ['host', 'participant'] });
    });
  });

  describe('an access token', () => {
    it.each([
      ['nonsense', 'token_invalid'],
      ['eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.', 'token_invalid'],
    ])('%s is refused', async (token, code) => {
      const { status, body, headers } = await app.ask('GET', '/v1/users/me', { token });
      expect([status, body.code]).toEqual([401, code]);
      expect(headers.get('www-authenticate')).toContain('invalid_token');
    });

    it('of another signer, or an expired one, is refused', async () => {
      const claims = { userId: randomUUID(), sessionId: randomUUID(), roles: ['admin'] as const };
      const foreign = await (await testKeys()).issuer.issue(claims);
      expect((await app.ask('GET', '/v1/users/me', { token: foreign })).body.code).toBe('token_invalid');
      const short = await testKeys(-1_000);
      const other = await startHttpApp(test.db, short, {
        routes: identityRoutes({
          db: test.db,
          ...short,
          refreshTokenTtlMs: 1,
          accessTokenTtlMs: 1,
          logInLimit: { consume: () => Promise.resolve() },
        }),
      });
      const expired = await other.ask('GET', '/v1/users/me', { token: await short.issuer.issue(claims) });
      await other.close();
      expect(expired.body.code).toBe('token_expired');
    });

    it('is verified with the keys that anybody can fetch', async () => {
      const { body } = await app.ask('GET', '/.well-known/jwks.json');
      expect(body).toEqual(keys.publicKeys);
      expect(JSON.stringify(body)).not.toContain('"d"');
    });
  });

  describe('a refresh token', () => {
    it('is exchanged once; used twice, it ends the session, also for whoever holds its successor', async () => {
      const { refreshToken, userId } = await registered();
      const next = await refresh(refreshToken);
      expect(next.status).toBe(201);
      const reused = await refresh(refreshToken);
      expect([reused.status, reused.body.code]).toEqual([401, 'refresh_token_reused']);
      expect((await refresh(next.body.refreshToken)).body.code).toBe('token_invalid');
      const session = await test.db('sessions').where({ user_id: userId }).first();
      expect(session?.end_reason).toBe('token_reused');
      expect(await typesOf(session?.id)).toEqual(['identity.session.started', 'identity.session.ended']);
    });

    it('is exchanged for one of ten simultaneous callers', async () => {
      const { refreshToken } = await registered();
      const answers = await Promise.all(Array.from({ length: 10 }, () => refresh(refreshToken)));
      expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
      expect(answers.filter(({ status }) => status === 401)).toHaveLength(9);
    });

    it('ends with its time, and unknown ones never were', async () => {
      const { refreshToken, userId } = await registered();
      const mine = test.db('sessions').where({ user_id: userId }).select('id');
      await test.db('refresh_tokens').whereIn('session_id', mine).update({ expires_at: test.db.fn.now() });
      expect((await refresh(refreshToken)).body.code).toBe('token_expired');
      expect((await refresh('unknown')).body.code).toBe('token_invalid');
    });

    it('is kept as a hash alone', async () => {
      const { refreshToken } = await registered();
      const rows = await test.db('refresh_tokens').select('*');
      expect(JSON.stringify(rows)).not.toContain(refreshToken);
    });

    it('ends with logging out, which may be repeated', async () => {
      const { accessToken, refreshToken, userId } = await registered();
      const out = () => app.ask('DELETE', '/v1/sessions/current', { token: accessToken });
      expect((await Promise.all([out(), out()])).map(({ status }) => status)).toEqual([204, 204]);
      expect((await refresh(refreshToken)).body.code).toBe('token_invalid');
      const session = await test.db('sessions').where({ user_id: userId }).first('id');
      expect(await typesOf(session?.id)).toEqual(['identity.session.started', 'identity.session.ended']);
    });
  });

  describe('the bootstrap admin', () => {
    it('is made once by however many processes, and grants roles', async () => {
      const start = () => ensureBootstrapAdmin(test.db, 'Admin@example.com', PASSWORD);
      const admins = await Promise.all([start(), start(), start()]);
      expect(new Set(admins.map(({ id }) => id)).size).toBe(1);
      const { accessToken: token } = (await logIn('admin@example.com')).body;
      const { userId, email } = await registered();
      const grant = () => post(`/v1/users/${userId}/roles`, { token, body: { roles: ['finance'] } });
      expect((await grant()).body.roles).toEqual(['participant', 'finance']);
      expect((await grant()).body.roles).toEqual(['participant', 'finance']);
      expect(await typesOf(userId)).toEqual(['identity.user.registered', 'identity.user.roles_granted']);
      expect((await logIn(email)).body.user.roles).toContain('finance');
    });

    it('is never made of somebody who had the address before', async () => {
      const { email } = await registered();
      await expect(ensureBootstrapAdmin(test.db, email, PASSWORD)).rejects.toMatchObject({ code: 'email_taken' });
    });

    it('alone grants roles', async () => {
      const { accessToken: token, userId } = await registered(['host']);
      const { status, body } = await post(`/v1/users/${userId}/roles`, { token, body: { roles: ['admin'] } });
      expect([status, body.code]).toEqual([403, 'forbidden']);
    });
  });

  describe('an API key', () => {
    const make = (token: string, scopes: readonly string[]) =>
      post('/v1/api-keys', { token, body: { name: 'till', scopes } });
    const exchange = (apiKey: string) => post('/v1/api-keys/exchange', { body: { apiKey } });

    it('is shown once, kept as a hash, and exchanged for a token that is narrowed to its scopes', async () => {
      const { accessToken } = await registered(['host']);
      const { status, body } = await make(accessToken, ['account.read']);
      expect([status, body.scopes]).toEqual([201, ['account.read']]);
      const listed = await app.ask('GET', '/v1/api-keys', { token: accessToken });
      expect(listed.body.data).toHaveLength(1);
      expect(JSON.stringify([listed.body, await test.db('api_keys').select('*')])).not.toContain(body.apiKey);
      const { accessToken: token } = (await exchange(body.apiKey)).body;
      expect((await app.ask('GET', '/v1/users/me', { token })).status).toBe(200);
      expect((await app.ask('GET', '/v1/api-keys', { token })).body.code).toBe('forbidden');
    });

    it('can do no more than its owner', async () => {
      const { accessToken } = await registered(['participant']);
      expect((await make(accessToken, ['finance.decide'])).body).toMatchObject({
        code: 'forbidden',
        details: { scope: 'finance.decide' },
      });
      expect((await make(accessToken, ['nothing.known'])).body.code).toBe('validation_failed');
    });

    it('ends when it is revoked, by its owner alone', async () => {
      const { accessToken: token } = await registered();
      const { id, apiKey } = (await make(token, ['account.read'])).body;
      const revoke = (as: string) => app.ask('DELETE', `/v1/api-keys/${id}`, { token: as });
      expect((await revoke((await registered()).accessToken)).body.code).toBe('api_key_not_found');
      const [first, second] = [await revoke(token), await revoke(token)];
      expect(second.body).toEqual(first.body);
      expect((await exchange(apiKey)).body.code).toBe('api_key_invalid');
      expect(await typesOf(id)).toEqual(['identity.api_key.created', 'identity.api_key.revoked']);
    });
  });
});
