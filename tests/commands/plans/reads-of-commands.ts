import { connect, type Database, type Db } from '../../../db/connect.ts';
import { PATIENCE_MS } from '../../support/database.ts';

/** More rows than a command that looks its rows up by their keys ever meets, and fewer than there are in the end. */
const BY_KEYS = 60n;

export type Step = <T>(name: string, command: (db: Db) => Promise<T>) => Promise<T>;

/**
 * The same life again and again, on one connection that has kept its plans since there was next to nothing in any table,
 * and with statistics that say so still: nobody analyses anything. @returns the commands that read more rows in the last
 * life than their keys lead to, with the table and how they came to read it.
 */
export async function readsBeyondKeys(
  url: string,
  { lives, live }: { lives: number; live: (step: Step, db: Db) => Promise<void> },
): Promise<string[]> {
  const db = connect({ url, poolMax: 1, applicationName: 'handsel-test-plans', patienceMs: PATIENCE_MS });
  const beyond = new Set<string>();
  try {
    await withoutAutovacuum(db);
    const step: Step = (_name, command) => command(db);
    for (let warm = 0; warm < 3; warm += 1) await live(step, db);
    await db.raw('analyze');
    for (let life = 0; life < lives; life += 1) await live(step, db);
    await live(
      (name, command) =>
        db.transaction(async (trx) => {
          const before = await readsOf(trx);
          const result = await command(trx);
          for (const [how, count] of await readsOf(trx))
            if (count - (before.get(how) ?? 0n) > BY_KEYS) beyond.add(`${name}: ${how}`);
          return result;
        }),
      db,
    );
    return [...beyond].toSorted();
  } finally {
    await db.destroy();
  }
}

async function withoutAutovacuum(db: Database): Promise<void> {
  const tables = await db('pg_tables').where({ schemaname: 'public' }).pluck<string[]>('tablename');
  for (const table of tables) await db.raw('alter table ?? set (autovacuum_enabled = false)', [table]);
}

/** What this transaction has read so far, of each table, by scanning it and along its indexes. */
export async function readsOf(trx: Db): Promise<Map<string, bigint>> {
  const { rows } = (await trx.raw(`
    select relname || ' scanned' as how, seq_tup_read as count from pg_stat_xact_user_tables
    union all select relname || ' by index', idx_tup_fetch from pg_stat_xact_user_tables where idx_tup_fetch is not null`)) as {
    rows: { how: string; count: bigint }[];
  };
  return new Map(rows.map(({ how, count }) => [how, count]));
}
