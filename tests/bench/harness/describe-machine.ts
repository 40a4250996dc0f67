import os from 'node:os';
import { performance } from 'node:perf_hooks';
import type { Stack } from '../../../scripts/stack/stack.ts';
import { withClient } from './databases.ts';
import { median } from './statistics.ts';

const GIBIBYTE = 1_024 ** 3;
const COMMITS = 200;

/** What the figures were made on: without it they say little. */
export async function describeMachine(stack: Stack): Promise<string> {
  const { version, commitMs } = await withClient(stack.databaseAdminUrl, async (client) => {
    const { rows } = await client.query<{ version: string }>("select current_setting('server_version') as version");
    await client.query('create table if not exists bench_commits (id int)');
    const latenciesMs: number[] = [];
    for (let index = 0; index < COMMITS; index += 1) {
      const startedAt = performance.now();
      await client.query('insert into bench_commits values ($1)', [index]);
      latenciesMs.push(performance.now() - startedAt);
    }
    await client.query('drop table bench_commits');
    return { version: rows[0]?.version ?? 'unknown', commitMs: median(latenciesMs) };
  });
  const cpus = os.cpus();
  return [
    `${cpus.length} × ${cpus[0]?.model.trim() ?? 'unknown CPU'}`,
    `${Math.round(os.totalmem() / GIBIBYTE)} GiB`,
    `Node ${process.versions.node}`,
    `PostgreSQL ${version}, fsync and synchronous_commit on, one durable insert ${commitMs.toFixed(2)} ms`,
    `load average ${os.loadavg()[0]?.toFixed(1) ?? '?'}`,
  ].join(', ');
}
