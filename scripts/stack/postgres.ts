import fs from 'node:fs';
import path from 'node:path';
import pg from 'pg';
import type { ProcessPlan } from './managed-process.ts';
import { nativePostgres } from './postgres-binaries.ts';
import type { RunFolder } from './run-folder.ts';
import { runToEnd } from './run-to-end.ts';
import { serverUser } from './server-user.ts';
import { waitUntil } from './wait-until.ts';

const READY_MS = 30_000;

/** Prints nothing in the user's language, so that its messages can be searched for. */
const environment = { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };

const settings = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '400',
  timezone: 'UTC',
  // What is committed survives the death of any process, and the folder does not outlive the run anyway.
  fsync: 'off',
  full_page_writes: 'off',
};

/** The address of one database on a server of ours. */
export function postgresUrl(port: number, database: string): string {
  return `postgres://postgres@127.0.0.1:${port}/${database}`;
}

/** Makes an empty cluster in the run folder. */
export async function planPostgres(folder: RunFolder, port: number, signal?: AbortSignal): Promise<ProcessPlan> {
  const native = nativePostgres(folder);
  const user = serverUser();
  const data = path.join(folder.path, 'postgres');
  fs.mkdirSync(data, { mode: 0o700 });
  if (user !== undefined) fs.chownSync(data, user.uid, user.gid);

  const initdb = ['-D', data, '-U', 'postgres', '--auth=trust', '--no-sync', '--no-instructions', '--locale=C', '--encoding=UTF8'];
  // The folder that we were called from may be closed to that user.
  await runToEnd(folder, { command: path.join(native, 'bin/initdb'), args: initdb, cwd: '/', environment, user, signal });

  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  return {
    name: 'postgres',
    command: path.join(native, 'bin/postgres'),
    args: ['-D', data, '-p', String(port), ...flags],
    environment,
    cwd: '/',
    user,
    // "Fast": it ends the sessions that are still open.
    stopSignal: 'SIGINT',
    ready: (ended) => waitUntil(() => checkPostgres(postgresUrl(port, 'postgres')), READY_MS, ended),
  };
}

async function checkPostgres(connectionString: string): Promise<void> {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: 1_000 });
  // After its first error a client emits more, which would end us.
  client.on('error', () => {});
  try {
    await client.connect();
    await client.query('select 1');
  } finally {
    await client.end();
  }
}
