import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { withBreaker } from '../../providers/social/breaker.ts';
import { httpSocial } from '../../providers/social/http.ts';
import { SocialMisuse, type SocialPort } from '../../providers/social/port.ts';
import { freePort, until } from '../../scripts/stack/run.ts';

const question = { method: 'social_follow', participantAccount: 'ann', target: '@us' } as const;
const done = { account: '@Ann', action: 'follow', target: '@us' };

describe('the social network and its port', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'handsel-social-'));
  let simulator: ChildProcess;
  let port: number;
  const url = (): string => `http://127.0.0.1:${port}`;
  const social = (timeoutMs = 5_000): SocialPort => httpSocial({ baseUrl: url(), apiKey: 'key', timeoutMs });

  async function start(): Promise<void> {
    simulator = spawn(process.execPath, [path.join(import.meta.dirname, '../../simulators/social/main.ts')], {
      stdio: 'ignore',
      env: {
        SOCIAL_SIMULATOR_PORT: String(port),
        SOCIAL_SIMULATOR_DATA_FILE: path.join(folder, 'social.sqlite'),
        SOCIAL_SIMULATOR_API_KEY: 'key',
        SOCIAL_SIMULATOR_ADMIN_TOKEN: 'admin',
      },
    });
    await until('the simulator', 120_000, async () => {
      if (!(await fetch(`${url()}/readyz`)).ok) throw new Error('not ready');
    });
  }
  const admin = async (method: string, at: string, body?: object): Promise<Response> => {
    const headers = { authorization: 'Bearer admin', 'content-type': 'application/json' };
    const response = await fetch(`${url()}/admin/${at}`, {
      method,
      headers,
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    expect(response.ok).toBe(true);
    return response;
  };

  beforeAll(async () => {
    port = await freePort();
    await start();
  });
  beforeEach(async () => {
    await admin('DELETE', 'faults');
    await admin('DELETE', 'limit');
  });
  afterAll(() => {
    simulator.kill('SIGKILL');
    fs.rmSync(folder, { recursive: true });
  });

  it('passes what was done and fails what was not, also after it was killed', async () => {
    expect(await social().verify(question)).toMatchObject({ verdict: 'FAIL' });
    await admin('POST', 'actions', done);
    const gone = once(simulator, 'exit');
    simulator.kill('SIGKILL');
    await gone;
    await start();
    expect(await social().verify(question)).toMatchObject({ verdict: 'PASS', evidence: { action: 'follow' } });
    expect(await social().verify({ ...question, method: 'social_share' })).toMatchObject({ verdict: 'FAIL' });
    await admin('DELETE', `actions?${new URLSearchParams(done).toString()}`);
    expect(await social().verify(question)).toMatchObject({ verdict: 'FAIL' });
    await admin('POST', 'actions', done);
  });

  it.each(['timeout', 'error', 'reset', 'rate_limit', 'malformed', 'unsure'])(
    'does not know after %s, and knows when asked again',
    async (kind) => {
      await admin('POST', 'faults', { kind, match: { account: 'ann' } });
      const verdict = await social(kind === 'timeout' ? 3_000 : 5_000).verify(question);
      expect(verdict).toMatchObject({ verdict: 'UNKNOWN', retryAfterMs: kind === 'rate_limit' ? 1_000 : 0 });
      expect(await social().verify(question)).toMatchObject({ verdict: 'PASS' });
    },
  );

  it('believes a definite answer, wrong as it may be, and the next one as well', async () => {
    await admin('POST', 'faults', { kind: 'lie' });
    expect(await social().verify(question)).toMatchObject({ verdict: 'FAIL' });
    expect(await social().verify(question)).toMatchObject({ verdict: 'PASS' });
    const { asked } = (await (await admin('GET', 'truth')).json()) as { asked: { answer: string }[] };
    expect(asked.slice(-2).map(({ answer }) => answer)).toEqual(['lie', 'true']);
  });

  it('says how long to wait when there were too many questions', async () => {
    await admin('PUT', 'limit', { calls: 2, windowMs: 60_000 });
    const verdicts = [];
    for (let n = 0; n < 3; n += 1) verdicts.push(await social().verify(question));
    expect(verdicts.map(({ verdict }) => verdict)).toEqual(['PASS', 'PASS', 'UNKNOWN']);
    expect(verdicts[2]).toMatchObject({ evidence: { cause: 'http_429' }, retryAfterMs: expect.any(Number) });
  });

  it('takes a wrong key for a fault of ours', async () => {
    const wrong = httpSocial({ baseUrl: url(), apiKey: 'other', timeoutMs: 5_000 });
    await expect(wrong.verify(question)).rejects.toBeInstanceOf(SocialMisuse);
  });

  it('leaves a network alone that does not answer, and finds out when it does again', async () => {
    let now = 0;
    let calls = 0;
    let healthy = false;
    const port = withBreaker(
      {
        verify: () => {
          calls += 1;
          return Promise.resolve(
            healthy
              ? { verdict: 'PASS', evidence: {} }
              : { verdict: 'UNKNOWN', evidence: { cause: 'down' }, retryAfterMs: 0 },
          );
        },
      },
      { failures: 3, openMs: 1_000, now: () => now },
    );
    for (let n = 0; n < 10; n += 1) await port.verify(question);
    expect(calls).toBe(3);
    expect(await port.verify(question)).toMatchObject({ evidence: { cause: 'breaker_open' }, retryAfterMs: 1_000 });
    now = 1_001;
    await port.verify(question);
    await port.verify(question);
    expect(calls).toBe(4);
    healthy = true;
    now = 3_000;
    expect(await port.verify(question)).toMatchObject({ verdict: 'PASS' });
    expect(await port.verify(question)).toMatchObject({ verdict: 'PASS' });
    expect(calls).toBe(6);
  });
});
