import { Redis } from 'ioredis';
import type { ProcessPlan } from './managed-process.ts';
import { redisBinary } from './redis-binary.ts';
import type { RunFolder } from './run-folder.ts';
import { waitUntil } from './wait-until.ts';

const READY_MS = 20_000;

export function redisUrl(port: number): string {
  return `redis://127.0.0.1:${port}`;
}

/** It writes nothing to disk: what is in Redis may be lost at any time, and here it is. */
export async function planRedis(folder: RunFolder, port: number): Promise<ProcessPlan> {
  const { command, environment } = await redisBinary(folder);
  return {
    name: 'redis',
    command,
    args: ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder.path],
    environment,
    cwd: folder.path,
    ready: (ended) => waitUntil(() => checkRedis(redisUrl(port)), READY_MS, ended),
  };
}

async function checkRedis(url: string): Promise<void> {
  const redis = new Redis(url, { lazyConnect: true, retryStrategy: null, maxRetriesPerRequest: 0 });
  redis.on('error', () => {});
  try {
    await redis.connect();
    await redis.ping();
  } finally {
    redis.disconnect();
  }
}
