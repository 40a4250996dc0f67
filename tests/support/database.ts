import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { connect, type Database, type DatabaseName } from '../../db/connect.ts';

export interface TestDatabase {
  readonly db: Database;
  readonly url: string;
  drop(): Promise<void>;
}

/** What a statement, a lock and a free connection may take: no test is about the product's limits unless it says so. */
export const PATIENCE_MS = 60_000;

const DAY_MS = 24 * 3_600_000;
/** Far longer than a test takes in which everything has to happen on one day. */
const BEFORE_MIDNIGHT_MS = 120_000;

/** Waits until midnight, UTC, has passed if it is near. */
export async function awayFromMidnight(): Promise<void> {
  const leftMs = DAY_MS - (Date.now() % DAY_MS);
  if (leftMs < BEFORE_MIDNIGHT_MS) await delay(leftMs + 1_000);
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
  const admin = connect({ url: adminUrl, poolMax: 1, applicationName: 'handsel-test-admin', patienceMs: PATIENCE_MS });
  const database = `test_${name}_${randomBytes(6).toString('hex')}`;
  await admin.raw('set statement_timeout = 0');
  await admin.raw(`create database ${database} template template_${name}`);
  const url = Object.assign(new URL(adminUrl), { pathname: `/${database}` }).toString();
  const db = connect({ url, poolMax: 30, applicationName: 'handsel-test', patienceMs: PATIENCE_MS });
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
