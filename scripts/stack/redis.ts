import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Redis } from 'ioredis';
import type { Processes } from './processes.ts';
import { say, until } from './run.ts';

const OLDEST = 7;

export const userCache = (): string =>
  path.join(process.env['XDG_CACHE_HOME'] ?? path.join(os.homedir(), '.cache'), 'handsel');

/** Redis on loopback, in memory only: nothing that must survive lives there. */
export async function startRedis(processes: Processes, runDir: string, port: number): Promise<string> {
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', runDir];
  processes.start({ name: 'redis', command: redisServer(), args });
  const url = `redis://127.0.0.1:${port}`;
  await until('Redis', 60_000, async () => {
    const redis = new Redis(url, { lazyConnect: true, retryStrategy: () => null, maxRetriesPerRequest: 0 });
    redis.on('error', () => {});
    try {
      await redis.connect();
      await redis.ping();
    } finally {
      redis.disconnect();
    }
  });
  return url;
}

function redisServer(): string {
  if (isNewEnough('redis-server')) return 'redis-server';
  const unpacked = path.join(userCache(), 'redis/usr/bin/redis-server');
  if (!isNewEnough(unpacked)) unpackDebianPackage();
  if (isNewEnough(unpacked)) return unpacked;
  throw new Error(
    `No Redis: tried redis-server on the PATH (version ${OLDEST} or newer) and Debian's package redis-server by apt-get download. ` +
      'Install one (apt install redis-server, brew install redis), or bring your own with REDIS_URL.',
  );
}

function isNewEnough(command: string): boolean {
  const { stdout } = spawnSync(command, ['--version'], { encoding: 'utf8' });
  return Number(/v=(\d+)/.exec(stdout ?? '')?.[1] ?? 0) >= OLDEST;
}

/** Downloads Debian's packages and unpacks them privately: nothing is installed on the system. */
function unpackDebianPackage(): void {
  const folder = path.join(userCache(), 'redis');
  const downloads = fs.mkdtempSync(path.join(os.tmpdir(), 'handsel-redis-'));
  say('no redis-server on the PATH: unpacking the Debian package privately');
  try {
    fs.chmodSync(downloads, 0o777);
    execFileSync('apt-get', ['download', 'redis-server', 'redis-tools'], { cwd: downloads, stdio: 'pipe' });
    for (const file of fs.readdirSync(downloads).filter((name) => name.endsWith('.deb'))) {
      execFileSync('dpkg-deb', ['-x', path.join(downloads, file), folder], { stdio: 'pipe' });
    }
  } catch (error) {
    say(`apt-get download did not work: ${(error as Error).message.split('\n')[0]}`);
  } finally {
    fs.rmSync(downloads, { recursive: true, force: true });
  }
}
