import type pg from 'pg';
import { copyDatabase, dropDatabase, withClient, withDatabase } from '../harness/databases.ts';
import { figuresOf, runLoad } from '../harness/run-load.ts';
import { takeTurns } from '../harness/take-turns.ts';
import { judge, type Bench, type Figure } from '../measure.ts';
import { payHot, setHotScene } from './hot-scene.ts';

const CALLERS = 25;
const ROUND_MS = { full: 8_000, quick: 500 } as const;
const ROWS = { full: 10_000_000, quick: 20_000 } as const;
const CHUNK = 500_000;
const LOADING_BUDGET_MS = 10 * 60_000;
const OWNERS = 100_000;

/** The same command on two copies of one database: in one of them the table of transfers is long. */
export async function measureFullTable({ stack, rounds, quick, tell }: Bench): Promise<readonly Figure[]> {
  const sceneUrl = await copyDatabase(stack, 'giftcard', 'hot_scene');
  const scene = await withDatabase(sceneUrl, 1, setHotScene);
  const emptyUrl = await copyDatabase(stack, 'hot_scene', 'hot_empty');
  const fullUrl = await copyDatabase(stack, 'hot_scene', 'hot_full');
  const wanted = quick ? ROWS.quick : ROWS.full;
  const startedAt = performance.now();
  const rows = await withClient(fullUrl, (client) => fillTransfers(client, wanted, scene.hotAccountId));
  tell(`${rows} transfers loaded in ${Math.round((performance.now() - startedAt) / 1_000)} s; ${CALLERS} callers`);
  const durationMs = quick ? ROUND_MS.quick : ROUND_MS.full;
  const turns = await withDatabase(fullUrl, CALLERS, (full) =>
    withDatabase(emptyUrl, CALLERS, (empty) =>
      takeTurns(rounds, {
        ours: () => runLoad({ callers: CALLERS, durationMs, call: (number) => payHot(full, scene, number) }),
        peer: () => runLoad({ callers: CALLERS, durationMs, call: (number) => payHot(empty, scene, number) }),
      }),
    ),
  );
  for (const name of ['hot_scene', 'hot_empty', 'hot_full']) await dropDatabase(stack, name);
  const [full, empty] = [figuresOf(turns.ours), figuresOf(turns.peer)];
  return [
    judge({ name: 'ledger.full-table.rows', unit: 'transfers', figure: rows }),
    judge({
      name: 'ledger.full-table.p99',
      unit: 'ms',
      figure: full.p99Ms,
      peer: empty.p99Ms,
      goal: { of: 'ratio', atMost: 1.3 },
    }),
    judge({
      name: 'ledger.full-table',
      unit: 'per second',
      figure: full.callsPerSecond,
      peer: empty.callsPerSecond,
    }),
  ];
}

/**
 * Posted transfers between many accounts, every tenth into the hot one. Indexes are built after the rows, which is
 * several times faster and leaves the same table. @returns how many rows fitted into the time.
 */
async function fillTransfers(client: pg.Client, wanted: number, hotId: string): Promise<number> {
  const deadline = performance.now() + LOADING_BUDGET_MS / 2;
  await client.query("set maintenance_work_mem = '512MB'");
  const restore = await dropIndexes(client);
  let rows = 0;
  while (rows < wanted && performance.now() < deadline) {
    const chunk = Math.min(CHUNK, wanted - rows);
    await client.query(FILL, [chunk, hotId, OWNERS]);
    rows += chunk;
  }
  for (const statement of restore) await client.query(statement);
  await client.query('vacuum (analyze) ledger_transfers');
  await client.query('checkpoint');
  return rows;
}

const FILL = `
insert into ledger_transfers (id, kind, debit_account_id, credit_account_id, amount_minor, currency, code, reference_id)
select gen_random_uuid(), 'posted', md5((i % $3)::text)::uuid,
  case when i % 10 = 0 then $2::uuid else md5('to' || (i * 7 % $3)::text)::uuid end,
  100, 'USD', 'bench.load', gen_random_uuid()::text
from generate_series(1, $1::bigint) i`;

const INDEXES = `
select format('alter table ledger_transfers drop constraint %I', conname) as drop,
  format('alter table ledger_transfers add constraint %I %s', conname, pg_get_constraintdef(oid)) as restore
from pg_constraint where conrelid = 'ledger_transfers'::regclass and contype in ('p', 'u')
union all
select format('drop index %I', i.indexrelid::regclass::text), pg_get_indexdef(i.indexrelid)
from pg_index i
where i.indrelid = 'ledger_transfers'::regclass
  and not exists (select from pg_constraint c where c.conindid = i.indexrelid and c.contype in ('p', 'u'))`;

/** @returns the statements that make them again. */
async function dropIndexes(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ drop: string; restore: string }>(INDEXES);
  for (const { drop } of rows) await client.query(drop);
  return rows.map(({ restore }) => restore);
}
