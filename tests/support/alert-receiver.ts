import { createHmac, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { closeServer } from '../../runtime/health-server.ts';

export interface ReceivedAlert {
  readonly id: string;
  /** By the receiver's own reckoning. */
  readonly signed: boolean;
  readonly key: string;
  readonly summary: string;
  readonly correlationId: string;
}

/** Whoever is told: a server that checks the signature of each message, and refuses the first ones it is told to. */
export async function startAlertReceiver(): Promise<{
  readonly url: string;
  readonly secret: string;
  readonly received: ReceivedAlert[];
  refuse(times: number): void;
  close(): Promise<void>;
}> {
  const key = randomBytes(32);
  const received: ReceivedAlert[] = [];
  let refusals = 0;
  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString('utf8');
      const [id, timestamp, signature] = ['id', 'timestamp', 'signature'].map((name) =>
        String(request.headers[`webhook-${name}`]),
      );
      const expected = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
      const { data } = JSON.parse(body) as { data: Omit<ReceivedAlert, 'id' | 'signed'> };
      received.push({ id: String(id), signed: signature === `v1,${expected}`, ...data });
      refusals -= 1;
      response.writeHead(refusals >= 0 ? 503 : 204).end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/alerts`,
    secret: `whsec_${key.toString('base64')}`,
    received,
    refuse: (times) => {
      refusals = times;
    },
    close: () => closeServer(server),
  };
}
