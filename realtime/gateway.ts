import http from 'node:http';
import type { Redis } from 'ioredis';
import { Server, type Socket } from 'socket.io';
import { giveawayRoom } from '../domain/events.ts';
import { checkHealth, type HealthCheck } from '../runtime/health.ts';
import type { Log } from '../runtime/log.ts';
import type { Metrics } from '../runtime/metrics.ts';
import { LIVE_CHANNEL, missedSince, type PushedMessage } from './rooms.ts';

export interface GatewayOptions {
  readonly host: string;
  readonly port: number;
  /** For commands; a second connection is made of it for listening. */
  readonly redis: Redis;
  readonly corsOrigins: readonly string[];
  readonly metrics: Metrics;
  readonly log: Log;
}

const MAX_ROOMS = 20;
const MAX_MESSAGE_BYTES = 4_096;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

type Acknowledge = (answer: Record<string, unknown>) => void;

/**
 * Pushes results to whoever watches. Each gateway hears every live message over Redis pub/sub and emits to its own
 * sockets, so gateways need nothing of each other. It knows neither the database nor Temporal.
 */
export async function startGateway(options: GatewayOptions): Promise<{ stop(): Promise<void> }> {
  const checks: HealthCheck[] = [{ name: 'redis', check: () => options.redis.ping() }];
  const server = http.createServer((request, response) => void answer(request, response, checks, options));
  const io = new Server(server, {
    cors: { origin: [...options.corsOrigins] },
    maxHttpBufferSize: MAX_MESSAGE_BYTES,
    serveClient: false,
  });
  io.on('connection', (socket) => serve(socket, options));
  const subscriber = options.redis.duplicate();
  subscriber.on('error', () => {});
  subscriber.on('message', (_channel, text) => emit(io, JSON.parse(text) as PushedMessage));
  // What was published while we could not hear is made good by the clients: they ask again from what they saw last.
  subscriber.on('ready', () => io.emit('resync'));
  await subscriber.subscribe(LIVE_CHANNEL);
  await new Promise<void>((resolve) => server.listen(options.port, options.host, resolve));
  options.log.info({ port: options.port }, 'gateway listens');
  return {
    stop: async () => {
      await io.close();
      subscriber.disconnect();
    },
  };
}

const emit = (io: Server, { room, name, body }: PushedMessage): void => void io.to(room).emit(name, body);

function serve(socket: Socket, options: GatewayOptions): void {
  socket.on('clock', (acknowledge: Acknowledge) => {
    if (typeof acknowledge === 'function') acknowledge({ serverTime: new Date().toISOString() });
  });
  socket.on('giveaway:watch', (input: { giveawayId?: unknown; lastSeen?: unknown }, acknowledge: Acknowledge) => {
    void guarded(acknowledge, options.log, async () => {
      const giveawayId = requireId(input.giveawayId);
      requireRoomLeft(socket);
      const room = giveawayRoom(giveawayId);
      // Joined first: what comes meanwhile is seen twice rather than never, and has its number.
      await socket.join(room);
      const { messages, gap } = await missedSince(options.redis, room, Number(input.lastSeen ?? 0) || 0);
      for (const { name, body } of messages) socket.emit(name, body);
      return { ok: true, replayed: messages.length, gap };
    });
  });
}

class RefusedWatch extends Error {}

function requireId(value: unknown): string {
  if (typeof value === 'string' && UUID.test(value)) return value;
  throw new RefusedWatch('validation_failed');
}

function requireRoomLeft(socket: Socket): void {
  if (socket.rooms.size > MAX_ROOMS) throw new RefusedWatch('rate_limited');
}

async function guarded(
  acknowledge: Acknowledge,
  log: Log,
  work: () => Promise<Record<string, unknown>>,
): Promise<void> {
  const reply = typeof acknowledge === 'function' ? acknowledge : () => {};
  try {
    reply(await work());
  } catch (error) {
    if (!(error instanceof RefusedWatch)) log.warn({ err: error }, 'watch failed');
    reply({ ok: false, code: error instanceof RefusedWatch ? error.message : 'service_unavailable' });
  }
}

async function answer(
  request: http.IncomingMessage,
  response: http.ServerResponse,
  checks: HealthCheck[],
  { metrics }: GatewayOptions,
): Promise<void> {
  const path = request.url?.split('?', 1)[0];
  // Socket.IO answers its own path.
  if (path?.startsWith('/socket.io')) return;
  if (path === '/livez') return void response.writeHead(200).end('{"ok":true}');
  if (path === '/metrics')
    return void response.writeHead(200, { 'content-type': metrics.contentType }).end(await metrics.metrics());
  if (path !== '/readyz') return void response.writeHead(404).end();
  const report = await checkHealth(checks);
  response.writeHead(report.ok ? 200 : 503, { 'content-type': 'application/json' }).end(JSON.stringify(report));
}
