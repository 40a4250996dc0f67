import fs from 'node:fs';

export interface ServerUser {
  readonly uid: number;
  readonly gid: number;
}

/** PostgreSQL refuses to run as root: then it runs as `postgres` or `nobody`, else (undefined) as whoever we are. */
export function serverUser(): ServerUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const rows = fs.readFileSync('/etc/passwd', 'utf8').split('\n').map((line) => line.split(':'));
  const row = ['postgres', 'nobody'].map((name) => rows.find(([user]) => user === name)).find((found) => found !== undefined);
  if (row === undefined) throw new Error('PostgreSQL does not run as root, and there is neither a user `postgres` nor `nobody`.');
  return { uid: Number(row[2]), gid: Number(row[3]) };
}
