import path from 'node:path';
import { Connection } from '@temporalio/client';
import { NEXUS_ENDPOINTS } from '../../temporal-config/nexus-endpoints.ts';
import { SEARCH_ATTRIBUTES } from '../../temporal-config/search-attributes.ts';
import type { Processes } from './processes.ts';
import { until } from './run.ts';
import { temporalBinary } from './temporal-binary.ts';

export interface TemporalPorts {
  readonly temporal: number;
  readonly temporalUi: number;
}

/**
 * Settings of the one-shard development server, measured: by default it polls 20 times a second, which adds 40 ms to
 * every task; its timers round up to a second; and its back-offs for Nexus grow to an hour.
 */
const DYNAMIC_CONFIG = [
  'history.transferProcessorMaxPollRPS=5000',
  'history.timerProcessorMaxPollRPS=5000',
  'history.outboundProcessorMaxPollRPS=5000',
  'history.visibilityProcessorMaxPollRPS=500',
  'history.timerProcessorMaxTimeShift="50ms"',
  'system.enableActivityEagerExecution=true',
  'component.nexusoperations.retryPolicy.maxInterval="30s"',
  'component.callbacks.retryPolicy.maxInterval="30s"',
];

/** The development server with its UI, on a file that survives `kill -9`. @returns its address. */
export async function startTemporal(processes: Processes, runDir: string, ports: TemporalPorts): Promise<string> {
  const command = await temporalBinary();
  const attributes = new Set(Object.values(SEARCH_ATTRIBUTES).flat());
  processes.start({
    name: 'temporal',
    command,
    args: [
      ...[
        'server',
        'start-dev',
        '--ip',
        '127.0.0.1',
        '--port',
        String(ports.temporal),
        '--ui-port',
        String(ports.temporalUi),
      ],
      ...['--db-filename', path.join(runDir, 'temporal.db'), '--log-level', 'warn'],
      ...['--sqlite-pragma', 'journal_mode=wal', '--sqlite-pragma', 'synchronous=0'],
      ...Object.keys(SEARCH_ATTRIBUTES).flatMap((namespace) => ['--namespace', namespace]),
      ...[...attributes].flatMap((name) => ['--search-attribute', `${name}=Keyword`]),
      ...DYNAMIC_CONFIG.flatMap((setting) => ['--dynamic-config-value', setting]),
    ],
    options: { env: { PATH: process.env['PATH'], HOME: runDir } },
  });
  const address = `127.0.0.1:${ports.temporal}`;
  await until('Temporal', 180_000, () => prepareTemporal(address));
  return address;
}

/** Makes the Nexus endpoints that are missing. @throws when a namespace is not there. */
export async function prepareTemporal(address: string): Promise<void> {
  const connection = await Connection.connect({ address, connectTimeout: '2s' });
  try {
    for (const namespace of Object.keys(SEARCH_ATTRIBUTES)) {
      await connection.workflowService.describeNamespace({ namespace });
    }
    const { endpoints } = await connection.operatorService.listNexusEndpoints({ pageSize: 100 });
    const existing = new Set(endpoints.map((endpoint) => endpoint.spec?.name));
    for (const { name, namespace, taskQueue } of NEXUS_ENDPOINTS.filter((endpoint) => !existing.has(endpoint.name))) {
      await connection.operatorService.createNexusEndpoint({
        spec: { name, target: { worker: { namespace, taskQueue } } },
      });
    }
  } finally {
    await connection.close();
  }
}
