import type { Redis } from 'ioredis';
import { consumeEvents, type Database, type StoredEvent } from '../db/outbox/read-events.ts';
import { enteredGiveaway, giveawayRoom, liveMessages, type EventFacts } from '../domain/events.ts';
import type { Log } from '../runtime/log.ts';
import { pushMessage } from './rooms.ts';

export interface RelayOptions {
  /** Its name: of the stream and in the log. */
  readonly database: string;
  readonly db: Database;
  readonly redis: Redis;
  /** How many people take part, counted in the database. */
  readonly countParticipants?: (giveawayId: string) => Promise<number>;
  readonly log: Log;
}

const BATCH = 200;
const BUSY_MS = 50;
const IDLE_MS = 150;
const TROUBLE_MS = 1_000;
const COUNT_EVERY_MS = 500;
const KEPT_EVENTS = 100_000;

/** Outbox → Redis: every event to the stream of its database, and what is public to the gateways. At least once. */
export function startRelay(options: RelayOptions): { stop(): Promise<void> } {
  const counts = new ParticipantCounts(options);
  const stopping = new AbortController();
  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const pause = await step(options, counts);
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  };
  const running = run();
  return {
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
}

/** @returns how long to wait before the next one, in milliseconds. */
async function step(options: RelayOptions, counts: ParticipantCounts): Promise<number> {
  try {
    const delivered = await consumeEvents(options.db, { consumer: 'relay', limit: BATCH }, (events) =>
      deliver(options, events, counts),
    );
    await counts.push();
    return delivered === BATCH ? 0 : delivered > 0 ? BUSY_MS : IDLE_MS;
  } catch (error) {
    // The cursor has not moved: what was not delivered is tried again.
    options.log.warn({ err: error, database: options.database }, 'relay waits');
    return TROUBLE_MS;
  }
}

async function deliver(
  { redis, database }: RelayOptions,
  events: readonly StoredEvent[],
  counts: ParticipantCounts,
): Promise<void> {
  const pipeline = redis.pipeline();
  for (const event of events) {
    const message = JSON.stringify({ ...event, position: event.position.toString() });
    pipeline.xadd(`handsel:events:${database}`, 'MAXLEN', '~', KEPT_EVENTS, '*', 'event', message);
  }
  const results = await pipeline.exec();
  const failed = results?.find(([error]) => error)?.[0];
  if (failed) throw failed;
  const facts = events.map(toFacts);
  for (const event of facts) {
    const entered = enteredGiveaway(event);
    if (entered) counts.changed(entered);
  }
  for (const message of liveMessages(facts)) await pushMessage(redis, message);
}

const toFacts = (event: StoredEvent): EventFacts => ({ ...event, occurredAt: event.occurredAt.toISOString() });

/** Pushes how many take part, at most twice a second, however many enter. */
class ParticipantCounts {
  readonly #options: RelayOptions;
  readonly #changed = new Set<string>();
  #pushedAt = 0;

  constructor(options: RelayOptions) {
    this.#options = options;
  }

  changed(giveawayId: string): void {
    this.#changed.add(giveawayId);
  }

  async push(): Promise<void> {
    const { countParticipants, redis } = this.#options;
    if (!countParticipants || this.#changed.size === 0 || Date.now() - this.#pushedAt < COUNT_EVERY_MS) return;
    this.#pushedAt = Date.now();
    for (const giveawayId of this.#changed) {
      const body = { giveawayId, count: await countParticipants(giveawayId) };
      await pushMessage(redis, { room: giveawayRoom(giveawayId), name: 'giveaway:participants', seq: null, body });
    }
    this.#changed.clear();
  }
}
