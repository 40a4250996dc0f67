import { io } from 'socket.io-client';
import { UnexpectedStatus } from '../stack/http-client.ts';
import { delay } from '../stack/run.ts';
import type { Stack } from '../stack/stack.ts';

const PATIENCE_MS = 180_000;

/** A live client in the room of a giveaway; it keeps all that it hears. */
export async function watchGiveaway(stack: Stack, giveawayId: string) {
  const events: { name: string; body: unknown }[] = [];
  const socket = io(stack.applicationUrl('gateway'), { transports: ['websocket'] });
  socket.onAny((name: string, body: unknown) => events.push({ name, body }));
  socket.on('connect', () => socket.emit('giveaway:watch', { giveawayId, lastSeen: 0 }, () => {}));
  await waitFor('the live client', () => Promise.resolve(socket.connected));
  return { events, close: () => socket.close() };
}

/**
 * Asks again and again; a service that says that it cannot answer right now (503) is asked again as well.
 * @throws when it does not hold within that time, which is three minutes unless something else is said.
 */
export async function waitFor(
  what: string,
  holds: () => Promise<boolean>,
  patienceMs: number = PATIENCE_MS,
): Promise<void> {
  const deadline = Date.now() + patienceMs;
  while (!(await holds().catch(notYet))) {
    if (Date.now() > deadline) throw new Error(`Waited ${patienceMs / 1_000} s for ${what}`);
    await delay(100);
  }
}

function notYet(error: unknown): false {
  if (error instanceof UnexpectedStatus && error.status === 503) return false;
  throw error;
}
