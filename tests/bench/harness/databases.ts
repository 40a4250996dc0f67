import pg from 'pg';
import { connect, type Database } from '../../../db/connect.ts';
import { onDatabase, query } from '../../../scripts/stack/postgres.ts';
import type { Stack } from '../../../scripts/stack/stack.ts';

/** A copy of a database that nobody is connected to. @returns its URL. */
export async function copyDatabase(stack: Stack, from: string, to: string): Promise<string> {
  await query(stack.databaseAdminUrl, `create database ${to} template ${from}`);
  return onDatabase(stack.databaseAdminUrl, to);
}

export async function dropDatabase(stack: Stack, name: string): Promise<void> {
  await query(stack.databaseAdminUrl, `drop database if exists ${name} with (force)`);
}

/** Opens a pool as the product does, and closes it afterwards. */
export async function withDatabase<T>(url: string, poolMax: number, work: (db: Database) => Promise<T>): Promise<T> {
  const db = connect({ url, poolMax, applicationName: 'handsel-bench' });
  try {
    return await work(db);
  } finally {
    await db.destroy();
  }
}

/** One connection without the product's time-outs: for preparing millions of rows, and for peers. */
export async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** @throws when a commit does not wait for the disk: such a figure would be of another system. */
export async function requireDurable(stack: Stack): Promise<void> {
  for (const setting of ['fsync', 'synchronous_commit', 'full_page_writes']) {
    const [row] = (await query(stack.databaseAdminUrl, `select current_setting('${setting}') as value`)) as {
      value: string;
    }[];
    if (row?.value !== 'on') throw new Error(`PostgreSQL runs with ${setting} = ${row?.value ?? 'unknown'}`);
  }
}
