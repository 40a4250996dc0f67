import fs from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Knex } from 'knex';
import { connect, type DatabaseName } from './connect.ts';

const folder = path.join(import.meta.dirname, 'migrations');

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

/** Brings the database to the newest schema and returns the migrations that ran; safe to run twice, even at once. */
export async function migrate(url: string, name: DatabaseName): Promise<string[]> {
  const knex = connect({ url, poolMax: 2, applicationName: 'handsel-migrate' });
  try {
    await knex.raw('set statement_timeout = 0');
    const [, files] = (await knex.migrate.latest({
      migrationSource: new FolderMigrations(name),
      tableName: 'schema_migrations',
    })) as [number, string[]];
    return files;
  } finally {
    await knex.destroy();
  }
}
