import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createPayments } from '../../providers/payments/adapter.ts';
import type { PaymentsPort } from '../../providers/payments/port.ts';
import { loadConfig } from '../../runtime/config.ts';
import { freePort, until } from '../../scripts/stack/run.ts';

export const ADAPTERS = ['handsel', 'stripe'] as const;
export type Adapter = (typeof ADAPTERS)[number];

export const WEBHOOK_SECRET = `whsec_${Buffer.from('a secret of the tests').toString('base64')}`;
const API_KEY = 'a-key-of-the-tests';

export interface TruePayment {
  readonly kind: string;
  readonly reference: string;
  readonly amount: string;
  readonly status: string;
  readonly fee: string | null;
}

export interface PaymentsSimulator {
  readonly url: string;
  /** The provider as the product sees it. */
  payments(adapter: Adapter, settings?: Readonly<Record<string, string>>): PaymentsPort;
  admin(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: object): Promise<unknown>;
  /** The next calls that match are struck. */
  strike(fault: object): Promise<unknown>;
  truth(reference: string): Promise<readonly TruePayment[]>;
  kill(): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** A payment provider of the test's own. */
export async function startPaymentsSimulator(
  settings: Readonly<Record<string, string>> = {},
): Promise<PaymentsSimulator> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'handsel-payments-'));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  let child: ChildProcess;

  async function start(): Promise<void> {
    child = spawn(process.execPath, [path.join(import.meta.dirname, '../../simulators/payments/main.ts')], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: {
        NODE_NO_WARNINGS: '1',
        NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
        SIMULATOR_PORT: String(port),
        SIMULATOR_DATA_FILE: path.join(folder, 'payments.sqlite'),
        SIMULATOR_API_KEY: API_KEY,
        SIMULATOR_ADMIN_TOKEN: 'admin',
        SIMULATOR_WEBHOOK_SECRET: WEBHOOK_SECRET,
        SIMULATOR_WEBHOOK_URLS: '',
        ...settings,
      },
    });
    await until('the payments simulator', 120_000, async () => {
      if (!(await fetch(`${url}/readyz`)).ok) throw new Error('not ready');
    });
  }
  async function kill(): Promise<void> {
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }
  async function admin(method: string, at: string, body?: object): Promise<unknown> {
    const response = await fetch(`${url}/admin/${at}`, {
      method,
      headers: { authorization: 'Bearer admin', 'content-type': 'application/json' },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${at} answered ${response.status}: ${text}`);
    return text ? (JSON.parse(text) as unknown) : undefined;
  }

  await start();
  return {
    url,
    payments: (adapter, more = {}) =>
      createPayments(
        loadConfig(['payments'], {
          PAYMENTS_ADAPTER: adapter,
          PAYMENTS_URL: adapter === 'stripe' ? `${url}/stripe` : url,
          PAYMENTS_API_KEY: API_KEY,
          PAYMENTS_POOL_ACCOUNT: 'pool',
          PAYMENTS_PLATFORM_ACCOUNT: 'platform',
          ...more,
        }),
      ),
    admin,
    strike: (fault) => admin('POST', 'faults', fault),
    truth: async (reference) => ((await admin('GET', `truth/${reference}`)) as { data: TruePayment[] }).data,
    kill,
    start,
    stop: async () => {
      await kill();
      fs.rmSync(folder, { recursive: true });
    },
  };
}
