import path from 'node:path';
import { Connection } from '@temporalio/client';
import { temporalBinary } from '../bootstrap/temporal-binary.mjs';
import { say } from '../bootstrap/say.mjs';
import { SEARCH_ATTRIBUTES } from '../../temporal-config/search-attributes.ts';
import type { ProcessPlan } from './managed-process.ts';
import type { RunFolder } from './run-folder.ts';
import { waitUntil } from './wait-until.ts';

const READY_MS = 60_000;

/**
 * What the development server gets wrong for us by default: 20 task polls a second per shard, which adds 40 ms to
 * every task on its one shard; timers rounded up to a second; and waits between retries that grow to an hour.
 */
const dynamicConfig = {
  'history.transferProcessorMaxPollRPS': 5000,
  'history.timerProcessorMaxPollRPS': 5000,
  'history.outboundProcessorMaxPollRPS': 5000,
  'history.visibilityProcessorMaxPollRPS': 500,
  'history.timerProcessorMaxTimeShift': '50ms',
  'component.nexusoperations.retryPolicy.maxInterval': '30s',
  'component.callbacks.retryPolicy.maxInterval': '30s',
  'system.enableActivityEagerExecution': true,
};

export interface TemporalPorts {
  readonly temporal: number;
  readonly temporalUi: number;
}

/** Server and UI in one process, on a file that survives `kill -9` and is as fast as memory. */
export async function planTemporal(folder: RunFolder, ports: TemporalPorts, signal?: AbortSignal): Promise<ProcessPlan> {
  const command = await temporalBinary({ say, ...(signal && { signal }) });
  const address = `127.0.0.1:${ports.temporal}`;
  const dynamic = Object.entries(dynamicConfig).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  const attributes = new Set(Object.values(SEARCH_ATTRIBUTES).flat());
  return {
    name: 'temporal',
    command,
    args: [
      ...['server', 'start-dev', '--ip', '127.0.0.1', '--port', String(ports.temporal), '--ui-port', String(ports.temporalUi)],
      ...['--db-filename', path.join(folder.path, 'temporal.db'), '--log-level', 'warn', '--ui-disable-news-fetch'],
      ...repeat('--sqlite-pragma', ['journal_mode=wal', 'synchronous=0']),
      ...repeat('--namespace', Object.keys(SEARCH_ATTRIBUTES)),
      ...repeat('--search-attribute', [...attributes].map((name) => `${name}=Keyword`)),
      ...repeat('--dynamic-config-value', dynamic),
    ],
    // A home of its own: the user's configuration of the tool is for other servers.
    environment: { PATH: process.env['PATH'] ?? '', HOME: folder.path },
    cwd: folder.path,
    ready: (ended) => waitUntil(() => checkTemporal(address), READY_MS, ended),
  };
}

function repeat(flag: string, values: readonly string[]): string[] {
  return values.flatMap((value) => [flag, value]);
}

async function checkTemporal(address: string): Promise<void> {
  const connection = await Connection.connect({ address, connectTimeout: '2s' });
  try {
    for (const namespace of Object.keys(SEARCH_ATTRIBUTES)) await connection.workflowService.describeNamespace({ namespace });
  } finally {
    await connection.close();
  }
}
