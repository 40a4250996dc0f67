import { randomUUID } from 'node:crypto';
import { Pool } from 'undici';

export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
  /** Of a created resource, if the answer names one. */
  readonly location: string | undefined;
}

export interface HttpCall {
  /** Absent: by anybody. */
  readonly token?: string;
  readonly body?: unknown;
  /** Of a repeat; a first call gets one of its own. */
  readonly key?: string;
}

const TIMEOUT_MS = 30_000;

export interface HttpCaller {
  /** @throws when the connection ends or nothing comes for `TIMEOUT_MS`. */
  call(method: 'GET' | 'POST' | 'PUT', path: string, options: HttpCall): Promise<HttpAnswer>;
  close(): void;
}

/**
 * Calls over connections that are kept, one call at a time on each. The client shares the machine with what it loads:
 * undici costs half of what Node's own client does.
 * @param connections how many calls are under way at most; the others wait.
 */
export function httpCaller(baseUrl: string, connections: number): HttpCaller {
  const pool = new Pool(baseUrl, { connections, headersTimeout: TIMEOUT_MS, bodyTimeout: TIMEOUT_MS });
  return {
    call: async (method, path, { token, body, key }) => {
      const write = { 'content-type': 'application/json', 'idempotency-key': key ?? randomUUID() };
      const bearer = token === undefined ? {} : { authorization: `Bearer ${token}` };
      const headers = { ...bearer, ...(method === 'GET' ? {} : write) };
      const sent = method === 'GET' ? {} : { body: JSON.stringify(body ?? {}) };
      const answer = await pool.request({ method, path, headers, ...sent });
      const { location } = answer.headers;
      return {
        status: answer.statusCode,
        body: await answer.body.text(),
        location: typeof location === 'string' ? location : undefined,
      };
    },
    close: () => void pool.destroy(),
  };
}

/** @throws when the status is another one. */
export function requireStatus(answer: HttpAnswer, status: number): HttpAnswer {
  if (answer.status === status) return answer;
  throw new Error(`Expected ${status}, got ${answer.status}: ${answer.body}`);
}
