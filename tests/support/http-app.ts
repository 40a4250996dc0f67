import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { generateKeyPairSync } from 'node:crypto';
import { createApp, type AppOptions } from '../../api/http/create-app.ts';
import type { Database } from '../../db/connect.ts';
import { createTokenIssuer, createTokenVerifier, type TokenIssuer } from '../../runtime/access-tokens.ts';
import { closeServer } from '../../runtime/health-server.ts';
import { createLog } from '../../runtime/log.ts';
import { createMetrics } from '../../runtime/metrics.ts';

export interface TestAnswer {
  readonly status: number;
  readonly headers: Headers;
  // An answer is checked field by field, by the test that asked.
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly body: any;
}

export interface Asking {
  readonly token?: string;
  readonly key?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

export interface TestKeys {
  readonly issuer: TokenIssuer;
  readonly publicKeys: object;
}

/** A key pair of the test's own, and an issuer of tokens that live for `ttlMs`. */
export async function testKeys(ttlMs = 3_600_000): Promise<TestKeys> {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const kid = { kid: 'test', alg: 'EdDSA' };
  const jwk = { ...privateKey.export({ format: 'jwk' }), ...kid } as Record<string, string>;
  return {
    issuer: await createTokenIssuer(jwk, ttlMs),
    publicKeys: { keys: [{ ...publicKey.export({ format: 'jwk' }), ...kid }] },
  };
}

export interface HttpApp {
  readonly url: string;
  ask(method: string, path: string, asking?: Asking): Promise<TestAnswer>;
  close(): Promise<void>;
}

/** The routes behind the real app, on a real port. */
export async function startHttpApp(
  db: Database,
  { publicKeys }: TestKeys,
  options: Pick<AppOptions, 'routes'> & Partial<AppOptions>,
): Promise<HttpApp> {
  const app = createApp({
    service: 'test',
    db,
    verifyToken: createTokenVerifier(publicKeys),
    budgetMs: 2_000,
    checks: [],
    metrics: createMetrics('test'),
    log: createLog({ name: 'test', level: 'silent', pretty: false }),
    ...options,
  });
  const handle = app.callback();
  const server = http.createServer((request, response) => void handle(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, ask: (method, path, asking) => ask(url + path, method, asking), close: () => closeServer(server) };
}

async function ask(url: string, method: string, { token, key, headers, body }: Asking = {}): Promise<TestAnswer> {
  const answer = await fetch(url, {
    method,
    headers: {
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(token ? { authorization: `Bearer ${token}` } : {}),
      ...(key ? { 'idempotency-key': key } : {}),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await answer.text();
  const isJson = /json/.test(answer.headers.get('content-type') ?? '');
  return { status: answer.status, headers: answer.headers, body: isJson && text ? JSON.parse(text) : text };
}
