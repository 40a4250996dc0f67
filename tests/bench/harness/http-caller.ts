import { randomUUID } from 'node:crypto';
import http from 'node:http';

export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
  readonly headers: http.IncomingHttpHeaders;
}

export interface HttpCall {
  readonly token: string;
  readonly body?: unknown;
  /** Of a repeat; a first call gets one of its own. */
  readonly key?: string;
}

const TIMEOUT_MS = 30_000;

export interface HttpCaller {
  call(method: 'GET' | 'POST' | 'PUT', path: string, options: HttpCall): Promise<HttpAnswer>;
  close(): void;
}

/** Calls over connections that are kept, with as little work of its own as Node allows: it shares the machine. */
export function httpCaller(baseUrl: string, connections: number): HttpCaller {
  const agent = new http.Agent({ keepAlive: true, maxSockets: connections });
  const { hostname, port } = new URL(baseUrl);
  const call = (method: 'GET' | 'POST' | 'PUT', path: string, { token, body, key }: HttpCall): Promise<HttpAnswer> =>
    new Promise((resolve, reject) => {
      const text = method === 'GET' ? '' : JSON.stringify(body ?? {});
      const headers: http.OutgoingHttpHeaders = {
        authorization: `Bearer ${token}`,
        ...(method === 'GET'
          ? {}
          : {
              'content-type': 'application/json',
              'content-length': Buffer.byteLength(text),
              'idempotency-key': key ?? randomUUID(),
            }),
      };
      const request = http.request(
        { agent, hostname, port, method, path, headers, timeout: TIMEOUT_MS },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('error', reject);
          response.on('end', () =>
            resolve({
              status: response.statusCode ?? 0,
              body: Buffer.concat(chunks).toString('utf8'),
              headers: response.headers,
            }),
          );
        },
      );
      request.on('timeout', () => request.destroy(new Error(`${method} ${path} was not answered in time`)));
      request.on('error', reject);
      request.end(text);
    });
  return { call, close: () => agent.destroy() };
}

/** @throws when the status is another one. */
export function requireStatus(answer: HttpAnswer, status: number): HttpAnswer {
  if (answer.status === status) return answer;
  throw new Error(`Expected ${status}, got ${answer.status}: ${answer.body}`);
}
