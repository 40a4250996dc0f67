import { randomBytes } from 'node:crypto';
import { connect, type Database, type DatabaseName } from '../../db/connect.ts';

export interface TestDatabase {
  readonly db: Database;
  readonly url: string;
  drop(): Promise<void>;
}

/** A setting that `npm test` gives to every test. */
export function testSetting(name: 'DATABASE_ADMIN_URL' | 'REDIS_URL' | 'TEMPORAL_ADDRESS' | 'RUN_DIR'): string {
  const value = process.env[`HANDSEL_TEST_${name}`];
  if (!value) throw new Error('Run the tests with `npm test`, which starts the servers they need.');
  return value;
}

/** A database of the test's own, cloned from the migrated template. */
export async function createTestDatabase(name: DatabaseName): Promise<TestDatabase> {
  const adminUrl = testSetting('DATABASE_ADMIN_URL');
  const admin = connect({ url: adminUrl, poolMax: 1, applicationName: 'handsel-test-admin' });
  const database = `test_${name}_${randomBytes(6).toString('hex')}`;
  await admin.raw('set statement_timeout = 0');
  await admin.raw(`create database ${database} template template_${name}`);
  const url = Object.assign(new URL(adminUrl), { pathname: `/${database}` }).toString();
  const db = connect({ url, poolMax: 30, applicationName: 'handsel-test' });
  return {
    db,
    url,
    drop: async () => {
      await db.destroy();
      // The pool may have made a new connection since.
      await admin.raw('set statement_timeout = 0');
      await admin.raw(`drop database ${database} with (force)`);
      await admin.destroy();
    },
  };
}
