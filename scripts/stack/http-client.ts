import { randomUUID } from 'node:crypto';

export interface Answer {
  readonly status: number;
  // What an API answers is only known once it is looked at: callers pick what they need.
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly body: any;
  /** As it came. */
  readonly text: string;
  readonly headers: Headers;
}

export interface CallOptions {
  readonly token?: string | undefined;
  readonly body?: unknown;
  readonly key?: string;
  /** What log lines, memos and events of this call carry. */
  readonly requestId?: string;
}

const TIMEOUT_MS = 90_000;

/** A caller of one API, as a developer of a host or merchant would write it: JSON, a token, an idempotency key. */
export const apiClient =
  (baseUrl: string, timeoutMs = TIMEOUT_MS) =>
  async (
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    path: string,
    { token, body, key = randomUUID(), requestId }: CallOptions = {},
  ): Promise<Answer> => {
    const response = await fetch(new URL(path, baseUrl), {
      method,
      headers: {
        ...(token ? { authorization: `Bearer ${token}` } : {}),
        ...(requestId ? { 'x-request-id': requestId } : {}),
        ...(method === 'GET' ? {} : { 'idempotency-key': key, 'content-type': 'application/json' }),
      },
      ...(method === 'GET' ? {} : { body: JSON.stringify(body ?? {}) }),
      signal: AbortSignal.timeout(timeoutMs),
    });
    const text = await response.text();
    const isJson = /json/.test(response.headers.get('content-type') ?? '');
    return {
      status: response.status,
      body: isJson && text !== '' ? JSON.parse(text) : text,
      text,
      headers: response.headers,
    };
  };

export type ApiClient = ReturnType<typeof apiClient>;

export class UnexpectedStatus extends Error {
  readonly status: number;

  constructor({ status, body }: Answer, expected: readonly number[]) {
    super(`Expected ${expected.join(' or ')}, got ${status}: ${JSON.stringify(body)}`);
    this.name = 'UnexpectedStatus';
    this.status = status;
  }
}

/** @throws UnexpectedStatus with the problem document when the status is another one. */
export function expectStatus(answer: Answer, ...statuses: readonly number[]): Answer {
  if (statuses.includes(answer.status)) return answer;
  throw new UnexpectedStatus(answer, statuses);
}
