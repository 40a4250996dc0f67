import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { freePort, until } from '../../scripts/stack/run.ts';

export interface Simulator {
  readonly url: string;
  readonly conditions: (conditions: object) => Promise<void>;
  readonly truth: () => Promise<unknown>;
  readonly restart: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** A simulator of the outside world by itself, with a data file that outlives it. */
export async function startSimulator(
  name: 'beacon' | 'timestamp' | 'airtime',
  settings: Readonly<Record<string, string>> = {},
): Promise<Simulator> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), `handsel-${name}-simulator-`));
  const [port, prefix] = [await freePort(), `${name.toUpperCase()}_SIMULATOR`];
  const url = `http://127.0.0.1:${port}`;
  const main = path.join(import.meta.dirname, `../../simulators/${name}/main.ts`);
  const env = {
    NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
    [`${prefix}_PORT`]: String(port),
    [`${prefix}_DATA_FILE`]: path.join(folder, 'data.sqlite'),
    [`${prefix}_ADMIN_TOKEN`]: 'admin',
    ...settings,
  };
  let child: ChildProcess;
  const start = async (): Promise<void> => {
    child = spawn(process.execPath, [main], { stdio: 'ignore', env });
    await until(name, 120_000, async () => {
      if (!(await fetch(`${url}/readyz`)).ok) throw new Error('not ready');
    });
  };
  const kill = async (): Promise<void> => {
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  };
  const admin = async (method: string, at: string, body?: object): Promise<Response> => {
    const headers = { authorization: 'Bearer admin', 'content-type': 'application/json' };
    const response = await fetch(`${url}/admin/${at}`, {
      method,
      headers,
      ...(body && { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${at} answered ${response.status}`);
    return response;
  };
  await start();
  return {
    url,
    conditions: async (conditions) => void (await admin('PUT', 'conditions', conditions)),
    truth: async () => (await admin('GET', 'truth')).json(),
    restart: async () => {
      await kill();
      await start();
    },
    stop: async () => {
      await kill();
      fs.rmSync(folder, { recursive: true });
    },
  };
}
