import fs from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Knex } from 'knex';
import { connect, type DatabaseName } from './connect.ts';

const folder = path.join(import.meta.dirname, 'migrations');

/** Rooms whose `.sql` files hold the functions of a database's commands. */
const FUNCTION_ROOMS: Readonly<Record<DatabaseName, readonly string[]>> = {
  giveaway: ['ledger', 'outbox', 'idempotency', 'platform', 'wallet', 'giveaway'],
  giftcard: ['ledger', 'outbox', 'idempotency', 'platform', 'giftcard'],
};

/** `shared` runs in both databases, first; a name never changes once it is released. */
class FolderMigrations implements Knex.MigrationSource<string> {
  readonly name: DatabaseName;

  constructor(name: DatabaseName) {
    this.name = name;
  }

  async getMigrations(): Promise<string[]> {
    const of = async (room: string) =>
      (await fs.readdir(path.join(folder, room)))
        .filter((file) => file.endsWith('.ts'))
        .toSorted()
        .map((file) => `${room}/${file}`);
    return [...(await of('shared')), ...(await of(this.name))];
  }

  getMigrationName(file: string): string {
    return file;
  }

  async getMigration(file: string): Promise<Knex.Migration> {
    const { up } = (await import(pathToFileURL(path.join(folder, file)).href)) as Pick<Knex.Migration, 'up'>;
    return { up, down: () => Promise.reject(new Error('Migrations only go forward: write a new one.')) };
  }
}

/**
 * Functions are not migrations: each file replaces what it defines, so that the newest text is what one reads. A
 * function keeps its name and takes and returns JSON, so that an older process goes on while a newer one starts.
 */
async function replaceFunctions(knex: Knex, name: DatabaseName): Promise<void> {
  const texts: string[] = [];
  for (const room of FUNCTION_ROOMS[name]) {
    const files = (await fs.readdir(path.join(import.meta.dirname, room))).filter((file) => file.endsWith('.sql'));
    for (const file of files.toSorted()) {
      texts.push(await fs.readFile(path.join(import.meta.dirname, room, file), 'utf8'));
    }
  }
  await knex.transaction(async (trx) => {
    // Two that migrate at once would otherwise fail on the same row of the catalogue.
    await trx.raw("select pg_advisory_xact_lock(hashtext('handsel functions'))");
    // A function may call one that is defined further down.
    await trx.raw('set local check_function_bodies = off');
    for (const text of texts) await trx.raw(text.replaceAll('?', '\\?'));
  });
}

/** Brings the database to the newest schema and returns the migrations that ran; safe to run twice, even at once. */
export async function migrate(url: string, name: DatabaseName): Promise<string[]> {
  const knex = connect({ url, poolMax: 2, applicationName: 'handsel-migrate' });
  try {
    await knex.raw('set statement_timeout = 0');
    const [, files] = (await knex.migrate.latest({
      migrationSource: new FolderMigrations(name),
      tableName: 'schema_migrations',
    })) as [number, string[]];
    await replaceFunctions(knex, name);
    return files;
  } finally {
    await knex.destroy();
  }
}
