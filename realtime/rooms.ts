import type { Redis } from 'ioredis';
import type { LiveMessage } from '../domain/events.ts';

/** All gateways listen here; a message that is missed is made good from its room's stream. */
export const LIVE_CHANNEL = 'handsel:live';

const KEPT_MESSAGES = 1_000;
const KEPT_MS = 7 * 24 * 3_600_000;

const streamKey = (room: string): string => `handsel:room:${room}`;

export type PushedMessage = Pick<LiveMessage, 'room' | 'body'> & { readonly name: string; readonly seq: number | null };

/**
 * Keeps a numbered message in its room's stream and pushes it to all gateways. The number is the entry's id, so Redis
 * itself refuses a repeat.
 */
export async function pushMessage(redis: Redis, message: PushedMessage): Promise<void> {
  if (message.seq !== null && !(await keep(redis, message, message.seq))) return;
  await redis.publish(LIVE_CHANNEL, JSON.stringify(message));
}

async function keep(redis: Redis, message: PushedMessage, seq: number): Promise<boolean> {
  const key = streamKey(message.room);
  try {
    await redis.xadd(key, 'MAXLEN', '~', KEPT_MESSAGES, `${seq}-0`, 'message', JSON.stringify(message));
  } catch (error) {
    if (error instanceof Error && error.message.includes('equal or smaller')) return false;
    throw error;
  }
  await redis.pexpire(key, KEPT_MS);
  return true;
}

export interface Missed {
  readonly messages: readonly PushedMessage[];
  /** Something between `lastSeen` and the first message is gone: read the state over HTTP. */
  readonly gap: boolean;
}

/** What was pushed to a room after `lastSeen`. */
export async function missedSince(redis: Redis, room: string, lastSeen: number): Promise<Missed> {
  const entries = await redis.xrange(streamKey(room), `(${lastSeen}-0`, '+');
  const messages = entries.map(([, fields]) => JSON.parse(fields[1] ?? '{}') as PushedMessage);
  const first = messages[0]?.seq;
  if (first === undefined || first === null)
    return { messages, gap: (await redis.exists(streamKey(room))) === 0 && lastSeen > 0 };
  return { messages, gap: first > lastSeen + 1 && lastSeen > 0 };
}
