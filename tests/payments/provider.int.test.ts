import { spawn, type ChildProcess } from 'node:child_process';
import { createHmac, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { httpPayments } from '../../providers/payments/http.ts';
import { PaymentsMisuse } from '../../providers/payments/port.ts';
import { verifyWebhook } from '../../providers/payments/webhook.ts';
import { freePort, until } from '../../scripts/stack/run.ts';

const SECRET = `whsec_${Buffer.from('a secret of the tests').toString('base64')}`;

describe('the payment provider and its port', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'handsel-payments-'));
  let simulator: ChildProcess;
  let port: number;
  const url = (): string => `http://127.0.0.1:${port}`;
  const payments = (timeoutMs = 5_000) =>
    httpPayments({ baseUrl: url(), apiKey: 'key', timeoutMs, poolAccount: 'pool' });

  async function start(): Promise<void> {
    simulator = spawn(process.execPath, [path.join(import.meta.dirname, '../../simulators/payments/main.ts')], {
      stdio: 'ignore',
      env: {
        SIMULATOR_PORT: String(port),
        SIMULATOR_DATA_FILE: path.join(folder, 'payments.sqlite'),
        SIMULATOR_API_KEY: 'key',
        SIMULATOR_ADMIN_TOKEN: 'admin',
        SIMULATOR_WEBHOOK_SECRET: SECRET,
        SIMULATOR_WEBHOOK_URLS: '',
      },
    });
    await until('the simulator', 10_000, async () => {
      if (!(await fetch(`${url()}/readyz`)).ok) throw new Error('not ready');
    });
  }

  async function kill(): Promise<void> {
    const gone = once(simulator, 'exit');
    simulator.kill('SIGKILL');
    await gone;
  }

  const fault = (rule: object): Promise<Response> =>
    fetch(`${url()}/admin/faults`, {
      method: 'POST',
      headers: { authorization: 'Bearer admin', 'content-type': 'application/json' },
      body: JSON.stringify({ match: {}, effect: 'before', ...rule }),
    });
  const charge = (change: object = {}) => ({
    intentId: randomUUID(),
    amountMinor: 10_000n,
    currency: 'USD',
    source: 'tok_visa',
    ...change,
  });
  const transfer = (change: object = {}) => ({
    intentId: randomUUID(),
    amountMinor: 1_000n,
    currency: 'USD',
    destinationAccount: 'acct',
    ...change,
  });

  beforeAll(async () => {
    port = await freePort();
    await start();
    await payments().createCharge(charge({ amountMinor: 1_000_000n }));
  });
  afterAll(async () => {
    await kill();
    fs.rmSync(folder, { recursive: true });
  });

  it('charges once per key, and reports its fee', async () => {
    const input = charge();
    const before = await payments().poolBalance('USD');
    const first = await payments().createCharge(input);
    expect(first).toMatchObject({ kind: 'succeeded', feeMinor: 320n });
    expect(await payments().createCharge(input)).toEqual(first);
    expect(await payments().findCharge(input.intentId)).toEqual(first);
    expect((await payments().poolBalance('USD')) - before).toBe(9_680n);
  });

  it('replays a stored refusal for its key, also after its cause is gone', async () => {
    await fault({ kind: 'refuse', code: 'account_restricted' });
    const input = transfer();
    const refused = await payments().createTransfer(input);
    expect(refused).toMatchObject({ kind: 'refused', code: 'account_restricted' });
    expect(await payments().createTransfer(input)).toEqual(refused);
    expect(await payments().findTransfer(input.intentId)).toMatchObject({
      kind: 'refused',
      code: 'account_restricted',
    });
    expect(await payments().createTransfer(transfer())).toMatchObject({ kind: 'succeeded' });
  });

  it('takes another body under the same key for a mistake of ours', async () => {
    const input = charge();
    await payments().createCharge(input);
    await expect(payments().createCharge({ ...input, amountMinor: 1n })).rejects.toThrow(PaymentsMisuse);
  });

  it.each([
    ['timeout', 'before', 'not_found'],
    ['timeout', 'after', 'succeeded'],
    ['error', 'before', 'not_found'],
    ['error', 'after', 'succeeded'],
    ['reset', 'before', 'not_found'],
    ['reset', 'after', 'succeeded'],
  ] as const)('calls a %s %s the effect unknown, and the look-up finds it %s', async (kind, effect, found) => {
    await fault({ kind, effect });
    const input = transfer();
    expect(await payments(500).createTransfer(input)).toMatchObject({ kind: 'unknown' });
    expect(await payments().findTransfer(input.intentId)).toMatchObject({ kind: found });
    expect(await payments().createTransfer(input)).toMatchObject({ kind: 'succeeded' });
  });

  it('refuses what the pool does not hold', async () => {
    expect(await payments().createTransfer(transfer({ amountMinor: 10n ** 12n }))).toMatchObject({
      kind: 'refused',
      code: 'pool_balance_short',
    });
  });

  it('forgets nothing when it is killed', async () => {
    const input = charge();
    const first = await payments().createCharge(input);
    const balance = await payments().poolBalance('USD');
    await kill();
    expect(await payments(500).findCharge(input.intentId)).toMatchObject({ kind: 'unknown' });
    await start();
    expect(await payments().findCharge(input.intentId)).toEqual(first);
    expect(await payments().poolBalance('USD')).toBe(balance);
  });
});

describe('webhooks of the provider', () => {
  const now = Date.now();
  const rawBody = JSON.stringify({ type: 'charge.succeeded', data: { kind: 'charge', reference: 'intent' } });
  const headers = (change: object = {}) => {
    const timestamp = String(Math.floor(now / 1_000));
    const key = Buffer.from(SECRET.slice('whsec_'.length), 'base64');
    const signature = createHmac('sha256', key).update(`msg_1.${timestamp}.${rawBody}`).digest('base64');
    return { 'webhook-id': 'msg_1', 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}`, ...change };
  };
  const verify = (change: object = {}, more: object = {}) =>
    verifyWebhook({ headers: headers(change), rawBody, secrets: [SECRET], now, ...more });

  it('are believed when signed, also while a secret is being replaced', () => {
    expect(verify()).toMatchObject({ id: 'msg_1', kind: 'charge', reference: 'intent' });
    expect(verify({}, { secrets: ['whsec_bmV3', SECRET] })).toMatchObject({ id: 'msg_1' });
  });

  it('are refused when forged, changed or old', () => {
    const forged = expect.objectContaining({ code: 'webhook_signature_invalid' });
    expect(() => verify({ 'webhook-signature': 'v1,AAAA' })).toThrow(forged);
    expect(() => verify({}, { rawBody: rawBody.replace('charge', 'credit') })).toThrow(forged);
    expect(() => verify({ 'webhook-id': 'msg_2' })).toThrow(forged);
    expect(() => verify({}, { now: now + 301_000 })).toThrow(
      expect.objectContaining({ code: 'webhook_timestamp_skewed' }),
    );
  });
});
