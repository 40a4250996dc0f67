import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import v8 from 'node:v8';
import { Worker } from 'node:worker_threads';
import { createApp } from '../../api/http/create-app.ts';
import { defineRoute } from '../../api/http/define-route.ts';
import { connect } from '../../db/connect.ts';
import { createLog } from '../../runtime/log.ts';
import { createMetrics } from '../../runtime/metrics.ts';

/** Answers many requests, and says how much of each was still held when the young generation was collected. */

const REQUESTS = 20_000;
const WARM_UP = 5_000;

const app = createApp({
  service: 'memory',
  routes: [
    defineRoute({
      method: 'get',
      path: '/v1/nothing',
      summary: 'Nothing',
      auth: 'public',
      responses: { 200: { description: 'Nothing' } },
      handler: () => Promise.resolve({ status: 200, body: { nothing: true } }),
    }),
  ],
  // Never connected to: the route keeps no keys.
  db: connect({ url: 'postgres://127.0.0.1:1/none', poolMax: 1, applicationName: 'memory' }),
  verifyToken: () => Promise.reject(new Error('The route is public')),
  budgetMs: 2_000,
  metrics: createMetrics('memory'),
  log: createLog({ name: 'memory', level: 'silent', pretty: false }),
  checks: [],
});
const handle = app.callback();
let answered = 0;
let held = 0;
let before = 0;

const oldBytes = (): number =>
  v8.getHeapSpaceStatistics().find(({ space_name: name }) => name === 'old_space')?.space_used_size ?? Number.NaN;

const server = http.createServer((request, response) => {
  void handle(request, response);
  answered += 1;
  if (answered < WARM_UP || answered % 100 > 0) return;
  const now = oldBytes();
  // A full collection lowers it: what was held until then has been counted.
  if (before > 0) held += Math.max(0, now - before);
  before = now;
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const { port } = server.address() as AddressInfo;
const caller = new Worker(
  `const { Pool } = require('undici');
   const pool = new Pool('http://127.0.0.1:${port}', { connections: 20 });
   let left = ${REQUESTS};
   const call = async () => {
     while (left-- > 0) await (await pool.request({ method: 'GET', path: '/v1/nothing' })).body.dump();
   };
   Promise.all(Array.from({ length: 20 }, call)).then(() => pool.close());`,
  { eval: true },
);
await once(caller, 'exit');
process.stdout.write(`${Math.round(held / (answered - WARM_UP))}\n`);
process.exit(0);
