import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { verifyStripeWebhook } from '../../providers/payments/stripe-webhook.ts';
import { verifyWebhook, type PaymentWebhook } from '../../providers/payments/webhook.ts';
import type { PaymentsPort } from '../../providers/payments/port.ts';
import { startPaymentsSimulator, WEBHOOK_SECRET, type PaymentsSimulator } from '../support/payments-simulator.ts';

const HOUR_MS = 3_600_000;

const charge = (intentId: string = randomUUID(), change: object = {}) => ({
  intentId,
  amountMinor: 10_000n,
  currency: 'USD',
  source: 'tok_visa',
  ...change,
});

describe('the payments simulator', () => {
  let simulator: PaymentsSimulator;
  let payments: PaymentsPort;
  beforeAll(async () => {
    simulator = await startPaymentsSimulator();
    payments = simulator.payments('handsel', { PAYMENTS_TIMEOUT_MS: '1000' });
  });
  beforeEach(async () => {
    await simulator.admin('DELETE', 'mix');
    await simulator.admin('DELETE', 'faults');
  });
  afterAll(() => simulator.stop());

  const MIX = {
    timeout_before: 0.1,
    timeout_after: 0.1,
    error_before: 0.1,
    error_after: 0.1,
    malformed_after: 0.1,
    rate_limit: 0.1,
    refuse: 0.1,
    appear_late: 0.1,
  };

  it('strikes the same calls again under the same seed, whatever their order, and others under another', async () => {
    const intents = Array.from({ length: 40 }, (_, n) => `intent-${n}`);
    const story = async (seed: string, among: readonly string[]): Promise<Map<string, string>> => {
      const run = await startPaymentsSimulator();
      await run.admin('PUT', 'mix', { seed, rates: { charge: MIX } });
      // Long enough that only a struck call takes it up, however busy the machine is; so they wait together.
      const port = run.payments('handsel', { PAYMENTS_TIMEOUT_MS: '15000' });
      const told = new Map<string, string>();
      await Promise.all(
        among.map(async (intentId) => {
          const outcome = await port.createCharge(charge(intentId));
          told.set(intentId, outcome.kind === 'unknown' ? outcome.cause : outcome.kind);
        }),
      );
      await run.stop();
      return told;
    };
    const first = await story('one', intents);
    expect(new Set(first.values()).size).toBeGreaterThan(3);
    expect(await story('one', intents.toReversed())).toEqual(first);
    expect(await story('two', intents)).not.toEqual(first);
  });

  it('pays every intent once under a mix of everything, when each is looked up and repeated', async () => {
    const rates = { charge: MIX, look_up: { timeout_before: 0.1, error_before: 0.2, malformed_before: 0.1 } };
    await simulator.admin('PUT', 'mix', { seed: 7, afterMs: 0, rates });
    for (let n = 0; n < 30; n += 1) {
      const input = charge();
      let outcome: { kind: string } = await payments.createCharge(input);
      while (outcome.kind !== 'succeeded' && outcome.kind !== 'refused') {
        outcome = await payments.findCharge(input.intentId);
        if (outcome.kind === 'not_found') outcome = await payments.createCharge(input);
      }
      const status = outcome.kind === 'succeeded' ? 'succeeded' : 'failed';
      expect(await simulator.truth(input.intentId)).toMatchObject([{ status }]);
    }
  });

  it('refuses faults, mixes and settings that it does not know', async () => {
    await expect(simulator.strike({ kind: 'earthquake' })).rejects.toThrow('400');
    await expect(simulator.admin('PUT', 'mix', { seed: 1, rates: { charge: { reverse: 1 } } })).rejects.toThrow('400');
    const tooMuch = { seed: 1, rates: { charge: { timeout_before: 0.6, error_before: 0.6 } } };
    await expect(simulator.admin('PUT', 'mix', tooMuch)).rejects.toThrow('400');
    await expect(simulator.admin('PUT', 'settings', { keyWindowMs: 0 })).rejects.toThrow('400');
  });

  it('quotes a fee', async () => {
    const response = await fetch(`${simulator.url}/v1/fee-quote?kind=charge&amount=10000`, {
      headers: { authorization: 'Bearer a-key-of-the-tests' },
    });
    expect(await response.json()).toMatchObject({ fee: '320' });
  });

  it('gives a settlement file of a hundred thousand lines as it is read, and late when told so', async () => {
    const date = '2026-01-05';
    await simulator.admin('POST', 'settlement-file/fill', { date, lines: 100_000 });
    const file = await payments.settlementFile(date);
    let lines = 0;
    let sum = 0n;
    let last = '';
    for await (const line of file?.lines ?? []) {
      lines += 1;
      sum += line.amountMinor;
      expect(line.at >= last).toBe(true);
      last = line.at;
    }
    expect({ final: file?.final, lines, sum }).toEqual({ final: true, lines: 100_000, sum: 100_000_000n });
    await simulator.strike({ kind: 'cut_short', match: { operation: 'settlement_file' } });
    const broken = await payments.settlementFile(date);
    let read = 0;
    const readAll = async () => {
      for await (const _ of broken?.lines ?? []) read += 1;
    };
    await expect(readAll()).rejects.toThrow();
    expect(read).toBe(1_000);
    await simulator.admin('PUT', 'settings', { settlementFileDelayMs: 400 * 24 * HOUR_MS });
    expect(await payments.settlementFile(date)).toBeUndefined();
    await simulator.admin('PUT', 'settings', { settlementFileDelayMs: 0 });
    expect(await payments.settlementFile('2999-01-01')).toBeUndefined();
  });

  it('takes back a transfer in the dialect of Stripe, once', async () => {
    const stripe = simulator.payments('stripe');
    const intentId = randomUUID();
    await stripe.createCharge(charge(randomUUID(), { amountMinor: 100_000n }));
    const paid = await stripe.createTransfer({
      intentId,
      amountMinor: 500n,
      currency: 'USD',
      destinationAccount: 'acct_1',
    });
    const id = 'providerId' in paid ? paid.providerId : '';
    const reverse = (key: string) =>
      fetch(`${simulator.url}/stripe/v1/transfers/${id}/reversals`, {
        method: 'POST',
        headers: { authorization: 'Bearer a-key-of-the-tests', 'idempotency-key': key },
      });
    expect((await reverse('one')).status).toBe(200);
    expect((await reverse('one')).status).toBe(200);
    const again = await reverse('two');
    expect(again.status).toBe(400);
    expect(await again.json()).toMatchObject({ error: { type: 'invalid_request_error' } });
    expect(await stripe.findTransfer(intentId)).toMatchObject({ kind: 'reversed', feeMinor: 25n });
  });
});

describe.each([
  ['handsel', verifyWebhook],
  ['stripe', verifyStripeWebhook],
] as const)('webhooks of the payments simulator in the dialect of %s', (dialect, verify) => {
  let simulator: PaymentsSimulator;
  let payments: PaymentsPort;
  const received: (PaymentWebhook | 'forged')[] = [];
  const receiver = http.createServer((request, response) => {
    let rawBody = '';
    request.on('data', (chunk: Buffer) => {
      rawBody += chunk.toString();
    });
    request.on('end', () => {
      try {
        received.push(verify({ headers: request.headers, rawBody, secrets: [WEBHOOK_SECRET], now: Date.now() }));
      } catch {
        received.push('forged');
      }
      response.writeHead(received.at(-1) === 'forged' ? 401 : 204).end();
    });
  });

  beforeAll(async () => {
    receiver.listen(0, '127.0.0.1');
    await once(receiver, 'listening');
    const { port } = receiver.address() as AddressInfo;
    simulator = await startPaymentsSimulator({
      SIMULATOR_WEBHOOK_URLS: `http://127.0.0.1:${port}/`,
      SIMULATOR_WEBHOOK_DIALECT: dialect,
    });
    payments = simulator.payments(dialect);
  });
  beforeEach(async () => {
    received.length = 0;
    const webhooks = { delayMs: 0, copies: 1, shuffleMs: 0, dropped: 0, forged: 0 };
    await simulator.admin('PUT', 'settings', { webhooks });
  });
  afterAll(async () => {
    receiver.close();
    receiver.closeAllConnections();
    await simulator.stop();
  });
  const references = (): string[] =>
    received.map((one) => (one === 'forged' ? one : 'reference' in one ? one.reference : one.type));

  it('come once, with our reference, and say what came back and what is disputed', async () => {
    const [paid, sent] = [randomUUID(), randomUUID()];
    await payments.createCharge(charge(paid));
    await payments.createTransfer({ intentId: sent, amountMinor: 500n, currency: 'USD', destinationAccount: 'acct_1' });
    await simulator.admin('POST', `transfers/${sent}/reverse`);
    await simulator.admin('POST', `charges/${paid}/dispute`, { amount: '700' });
    await expect.poll(() => received.length).toBe(4);
    expect(received).toMatchObject([
      { kind: 'charge', reference: paid },
      { kind: 'transfer', reference: sent, reversed: false },
      { kind: 'transfer', reference: sent, reversed: true },
      { kind: 'dispute', amountMinor: 700n },
    ]);
  });

  it('come several times under one id, late, out of order, or not at all', async () => {
    await simulator.admin('PUT', 'settings', { webhooks: { copies: 3, delayMs: HOUR_MS } });
    const intentId = randomUUID();
    await payments.createCharge(charge(intentId));
    await sleep(600);
    expect(received).toEqual([]);
    await simulator.admin('POST', 'clock', { advanceMs: HOUR_MS });
    await expect.poll(references).toEqual([intentId, intentId, intentId]);
    expect(new Set(received.map((one) => one !== 'forged' && one.id)).size).toBe(1);

    received.length = 0;
    await simulator.admin('PUT', 'settings', { webhooks: { copies: 1, delayMs: 0, shuffleMs: 1_000 } });
    const intents = Array.from({ length: 8 }, () => randomUUID());
    for (const one of intents) await payments.createCharge(charge(one));
    await expect.poll(() => references().toSorted()).toEqual(intents.toSorted());
    expect(references()).not.toEqual(intents);

    received.length = 0;
    await simulator.admin('PUT', 'settings', { webhooks: { shuffleMs: 0, dropped: 1 } });
    await payments.createCharge(charge());
    await sleep(600);
    expect(received).toEqual([]);
  });

  it('come from a forger as well, who is not believed', async () => {
    await simulator.admin('PUT', 'settings', { webhooks: { forged: 1 } });
    const intentId = randomUUID();
    await payments.createCharge(charge(intentId));
    await expect.poll(() => received.length).toBe(2);
    expect(references().toSorted()).toEqual([intentId, 'forged'].toSorted());
  });
});
