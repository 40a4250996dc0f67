import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';

const startedAt = Number(process.env['HANDSEL_STARTED_AT'] ?? Date.now());

/** One line of progress, with the seconds since the command began. */
export const say = (message: string): void => {
  process.stdout.write(`[${((Date.now() - startedAt) / 1000).toFixed(1).padStart(6)}s] ${message}\n`);
};

export const secondsSinceStart = (): number => (Date.now() - startedAt) / 1000;

export const root = path.resolve(import.meta.dirname, '../..');

interface User {
  readonly uid?: number;
  readonly gid?: number;
}

/** PostgreSQL refuses to run as root: then it runs as a user without rights. */
export function unprivilegedUser(): User {
  if (process.getuid?.() !== 0) return {};
  const rows = fs
    .readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  const row = rows.find(([name]) => name === 'postgres') ?? rows.find(([name]) => name === 'nobody');
  if (!row)
    throw new Error('PostgreSQL does not run as root, and this system has neither a user "postgres" nor "nobody".');
  return { uid: Number(row[2]), gid: Number(row[3]) };
}

/** Whether the unprivileged user can enter a folder; a clone may lie under one of mode 0700. */
export const isReachable = (folder: string): boolean =>
  process.getuid?.() !== 0 ||
  spawnSync('/bin/sh', ['-c', 'cd "$1"', 'sh', folder], { ...unprivilegedUser(), cwd: '/' }).status === 0;

/** A private folder for one run's data, sockets, logs and the list of its processes. */
export function createRunFolder(): string {
  const base = [os.tmpdir(), '/tmp', '/var/tmp', '/dev/shm'].find((dir) => fs.existsSync(dir) && isReachable(dir));
  if (!base) throw new Error('No temporary folder that an unprivileged user can reach.');
  const folder = fs.mkdtempSync(path.join(base, 'handsel-'));
  fs.chmodSync(folder, 0o711);
  return folder;
}

const LOWEST_PORT = 20_000;
const PORTS = 12_000;
/** Where a process looks first, so that two that look at the same moment do not find the same one. */
const OWN_PORTS = 200;
const firstPort = LOWEST_PORT + (process.pid % (PORTS / OWN_PORTS)) * OWN_PORTS;
const given = new Set<number>();

/**
 * A free port below the ephemeral range: no outgoing connection can take it while a killed server is down, and no
 * client can connect to itself.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const [first, count] = given.size < OWN_PORTS / 2 ? [firstPort, OWN_PORTS] : [LOWEST_PORT, PORTS];
    const port = first + Math.floor(Math.random() * count);
    if (!given.has(port) && (await isFree(port))) {
      given.add(port);
      return port;
    }
  }
}

export const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = net.createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });

export const delay = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Repeats until it succeeds. @throws the last error after the time-out. */
export async function until<T>(what: string, timeoutMs: number, attempt: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > deadline)
        throw new Error(`${what} did not come up within ${timeoutMs / 1000} s`, { cause: error });
      await delay(25);
    }
  }
}
