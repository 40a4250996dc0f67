import { Redis } from 'ioredis';
import type { Log } from './log.ts';

const SLOWEST_RETRY_MS = 2_000;
const QUIET_MS = 10_000;

/** Connects on first use and for ever again; nothing that must survive lives in Redis. */
export function connectRedis(url: string, name: string, log: Log): Redis {
  const redis = new Redis(url, {
    connectionName: name,
    lazyConnect: true,
    maxRetriesPerRequest: 1,
    enableOfflineQueue: true,
    retryStrategy: (attempt) => Math.min(attempt * 100, SLOWEST_RETRY_MS),
  });
  let saidAt = 0;
  redis.on('error', (error: Error) => {
    if (Date.now() - saidAt < QUIET_MS) return;
    saidAt = Date.now();
    log.warn({ error: error.message }, 'redis is not there');
  });
  return redis;
}
