import { Writable } from 'node:stream';
import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { amountMinor, currency, uuid } from '../../api/http/amounts.ts';
import { defineRoute } from '../../api/http/define-route.ts';
import { DomainError } from '../../domain/errors.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { startHttpApp, testKeys, type HttpApp, type TestKeys } from '../support/http-app.ts';

const logLines: string[] = [];
const log = pino(new Writable({ write: (line, _encoding, done) => (logLines.push(String(line)), done()) }));

const fail = (path: string, error: () => unknown) =>
  defineRoute({
    method: 'get',
    path,
    summary: 'Fails',
    auth: 'public',
    responses: {},
    handler: () => Promise.reject(error()),
  });

const routes = [
  defineRoute({
    method: 'post',
    path: '/v1/payments/{id}',
    summary: 'Pay',
    auth: 'public',
    params: z.object({ id: uuid }),
    query: z.object({ limit: z.coerce.number().int().max(10).optional() }),
    body: z.object({ amountMinor, currency, note: z.string().max(5).optional() }),
    responses: { 201: { description: 'Paid', schema: z.object({ amountMinor: z.string() }) } },
    handler: ({ body }) => Promise.resolve({ status: 201, body: { amountMinor: body.amountMinor.toString() } }),
  }),
  defineRoute({
    method: 'get',
    path: '/v1/things',
    summary: 'Things',
    auth: 'public',
    responses: { 200: { description: 'Things' } },
    handler: ({ requestId }) => Promise.resolve({ status: 200, body: { same: true, requestId: requestId.length > 0 } }),
  }),
  fail('/v1/fails/unknown', () => new Error('a secret of ours')),
  fail('/v1/fails/database', () => Object.assign(new Error('terminating connection'), { code: '57P01' })),
  fail('/v1/fails/redis', () => new Error('Connection is closed.')),
  fail('/v1/fails/temporal', () => Object.assign(new Error('14 UNAVAILABLE'), { name: 'ServiceError' })),
  fail('/v1/fails/ledger', () => new DomainError('ledger_account_unknown', 'account 7 of ours', { account: 7 })),
  fail('/v1/fails/limit', () => new DomainError('rate_limited', 'Slower.', { retryAfterMs: 4_200 })),
  fail('/v1/fails/rule', () => new DomainError('wallet_insufficient_funds', 'Too little.', { missingMinor: 5n })),
];

describe('every request', () => {
  let test: TestDatabase;
  let keys: TestKeys;
  let app: HttpApp;
  let ready = true;

  beforeAll(async () => {
    test = await createTestDatabase('giveaway');
    keys = await testKeys();
    const checks = [
      { name: 'database', check: () => (ready ? Promise.resolve() : Promise.reject(new Error('password of ours'))) },
    ];
    app = await startHttpApp(test.db, keys, { routes, log, checks });
  });
  afterAll(async () => {
    await app.close();
    await test.drop();
  });

  const pay = (body: unknown, path = `/v1/payments/${randomUUID()}`) => app.ask('POST', path, { body });

  it('has an id, its own or a new one, in the answer and in its log line', async () => {
    const given = await app.ask('GET', '/v1/things', { headers: { 'x-request-id': 'from-outside-1' } });
    expect(given.headers.get('x-request-id')).toBe('from-outside-1');
    const line = logLines.map((text) => JSON.parse(text)).find(({ requestId }) => requestId === 'from-outside-1');
    expect(line).toMatchObject({ method: 'GET', route: '/v1/things', status: 200 });
    const made = await app.ask('GET', '/v1/things', { headers: { 'x-request-id': 'not valid; at all' } });
    expect(made.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  it.each([
    ['1.50', 'amount_invalid'],
    [150, 'amount_invalid'],
    ['', 'amount_invalid'],
    [undefined, 'amount_invalid'],
    ['0', 'amount_not_positive'],
    ['-7', 'amount_not_positive'],
    ['1000000000000001', 'amount_too_large'],
  ])('refuses the amount %j as %s', async (amount, code) => {
    const { status, body } = await pay({ amountMinor: amount, currency: 'USD' });
    expect(status).toBe(422);
    expect(body).toMatchObject({ code, issues: [{ path: 'body.amountMinor', code }] });
  });

  it.each(['usd', 'DEM', 'XTS', 7, undefined])('refuses the currency %j', async (value) => {
    expect((await pay({ amountMinor: '1', currency: value })).body).toMatchObject({ code: 'currency_unsupported' });
  });

  it('takes the largest amount there may be', async () => {
    const { status, body } = await pay({ amountMinor: '1000000000000000', currency: 'JPY' });
    expect([status, body]).toEqual([201, { amountMinor: '1000000000000000' }]);
  });

  it('names every field that is wrong, in every part', async () => {
    const { status, headers, body } = await pay(
      { amountMinor: '1', currency: 'USD', note: 'too long' },
      '/v1/payments/x?limit=11',
    );
    expect(status).toBe(400);
    expect(headers.get('content-type')).toMatch('application/problem+json');
    expect(body).toMatchObject({
      status: 400,
      code: 'validation_failed',
      type: '/docs#validation_failed',
      instance: '/v1/payments/x',
    });
    expect(body.detail).toMatch(/^params\.id: /);
    expect(body.requestId).toBe(headers.get('x-request-id'));
    expect(body.issues.map((issue: { path: string }) => issue.path)).toEqual(['params.id', 'query.limit', 'body.note']);
  });

  it('takes only JSON, and only 100 kB of it', async () => {
    const path = `/v1/payments/${randomUUID()}`;
    const form = await app.ask('POST', path, { body: 'a=1', headers: { 'content-type': 'text/plain' } });
    expect([form.status, form.body.code]).toEqual([415, 'unsupported_media_type']);
    expect((await pay('{"amount')).body.code).toBe('malformed_body');
    const large = await pay({ note: 'x'.repeat(101 * 1_024) });
    expect([large.status, large.body.code]).toEqual([413, 'payload_too_large']);
  });

  it('gets a page about what went wrong where it asks for pages, and the document everywhere else', async () => {
    const accept = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';
    const page = await app.ask('GET', '/v1/<script>', { headers: { accept } });
    expect([page.status, page.headers.get('content-type')]).toEqual([404, 'text/html; charset=utf-8']);
    expect(page.body).toContain('<h1>404: not found</h1>');
    expect(page.body).toContain(page.headers.get('x-request-id'));
    expect(page.body).not.toContain('<script');
    expect(page.headers.get('vary')).toMatch(/accept/i);
    for (const other of ['*/*', 'application/json', 'application/problem+json', 'image/png'])
      expect((await app.ask('GET', '/v1/nothing', { headers: { accept: other } })).body.code).toBe('not_found');
  });

  it('is told what is not there, and what is not possible there', async () => {
    const missing = await app.ask('GET', '/v1/nothing');
    expect([missing.status, missing.body.code]).toEqual([404, 'not_found']);
    const wrong = await app.ask('DELETE', '/v1/things');
    expect([wrong.status, wrong.body.code]).toEqual([405, 'method_not_allowed']);
    expect(wrong.headers.get('allow')).toContain('GET');
  });

  it.each([
    ['unknown', 500, 'internal_error'],
    ['ledger', 500, 'internal_error'],
    ['database', 503, 'service_unavailable'],
    ['redis', 503, 'service_unavailable'],
    ['temporal', 503, 'service_unavailable'],
  ])('keeps our trouble (%s) to ourselves', async (what, status, code) => {
    const before = logLines.length;
    const answer = await app.ask('GET', `/v1/fails/${what}`);
    expect([answer.status, answer.body.code]).toEqual([status, code]);
    expect(JSON.stringify(answer.body)).not.toMatch(/ours|terminating|closed|UNAVAILABLE/);
    expect(answer.body.details).toBeUndefined();
    expect(answer.headers.get('retry-after')).toBe(status === 503 ? '1' : null);
    expect(logLines.slice(before).join('')).toMatch(/"level":50/);
  });

  it('is told when to come again, and how much is missing', async () => {
    expect((await app.ask('GET', '/v1/fails/limit')).headers.get('retry-after')).toBe('5');
    const { status, body } = await app.ask('GET', '/v1/fails/rule');
    expect([status, body.details]).toEqual([422, { missingMinor: '5' }]);
  });

  it('is not answered again while nothing has changed', async () => {
    const first = await app.ask('GET', '/v1/things');
    const conditional = { 'if-none-match': first.headers.get('etag') ?? '', 'cache-control': 'max-age=0' };
    const again = await app.ask('GET', '/v1/things', { headers: conditional });
    expect([first.status, again.status, again.body]).toEqual([200, 304, '']);
  });

  it('can be watched: liveness, readiness, metrics by route', async () => {
    expect((await app.ask('GET', '/livez')).status).toBe(200);
    expect((await app.ask('GET', '/readyz')).body).toEqual({ ok: true, checks: { database: 'ok' } });
    ready = false;
    const down = await app.ask('GET', '/readyz');
    expect([down.status, down.body]).toEqual([503, { ok: false, checks: { database: 'failed' } }]);
    const metrics = await app.ask('GET', '/metrics');
    expect(metrics.body).toMatch(/http_request_duration_seconds_count\{.*route="\/v1\/payments\/\{id\}"/);
  });

  it('may come from a page of another origin, and lets no page be framed or scripted from elsewhere', async () => {
    const { headers } = await app.ask('GET', '/v1/things', { headers: { origin: 'https://shop.example' } });
    expect(headers.get('access-control-allow-origin')).toBeTruthy();
    expect(headers.get('access-control-expose-headers')).toContain('Idempotent-Replayed');
    expect(headers.get('content-security-policy')).toContain("script-src 'self'");
  });
});
