import { createHmac, randomUUID } from 'node:crypto';
import http from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { withBreaker } from '../../providers/airtime/breaker.ts';
import { httpAirtime } from '../../providers/airtime/http.ts';
import { AirtimeMisuse, type AirtimePort, type TopUp } from '../../providers/airtime/port.ts';
import { verifyAirtimeWebhook } from '../../providers/airtime/webhook.ts';
import { parsePhone } from '../../runtime/phone-numbers.ts';
import { airtimeProvider, type AirtimeProvider } from '../support/airtime-provider.ts';
import { startSimulator, type Simulator } from '../support/simulator.ts';

const SECRET = `whsec_${Buffer.from('a secret of twenty-four').toString('base64')}`;
const PHONE = '+12025550110';

describe('the airtime provider and its port', () => {
  let simulator: Simulator;
  let provider: AirtimeProvider;
  let airtime: AirtimePort;
  const heard: { headers: http.IncomingHttpHeaders; rawBody: string }[] = [];
  const receiver = http.createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      heard.push({ headers: request.headers, rawBody: Buffer.concat(pieces).toString('utf8') });
      response.writeHead(204).end();
    });
  });

  beforeAll(async () => {
    receiver.listen(0, '127.0.0.1');
    await once(receiver, 'listening');
    const { port } = receiver.address() as AddressInfo;
    simulator = await startSimulator('airtime', {
      AIRTIME_SIMULATOR_API_KEY: 'key',
      AIRTIME_SIMULATOR_WEBHOOK_SECRET: SECRET,
      AIRTIME_SIMULATOR_WEBHOOK_URL: `http://127.0.0.1:${port}/`,
    });
    provider = airtimeProvider(simulator.url, 'admin');
    airtime = httpAirtime({ baseUrl: simulator.url, apiKey: 'key', timeoutMs: 10_000 });
  });
  beforeEach(() => provider.clearFaults());
  afterAll(async () => {
    receiver.close();
    await simulator.stop();
  });

  const topUp = (change: Partial<TopUp> = {}): TopUp => ({
    reference: randomUUID(),
    phone: PHONE,
    operator: 'capital-us',
    amountMinor: 1_000n,
    currency: 'USD',
    ...change,
  });
  const deliveriesOf = async (reference: string) =>
    (await provider.truth()).effects.filter((one) => one.reference === reference).length;
  const faulted = async (fault: object, one = topUp()) => {
    await provider.fault({ match: { reference: one.reference, operation: 'send' }, ...fault });
    return { one, answer: await airtime.send(one) };
  };

  it('knows whose number it is', async () => {
    expect(await airtime.findOperator('+4915112345678')).toMatchObject({
      kind: 'found',
      operator: { id: 'rhein-de', offer: { kind: 'fixed', amountsMinor: [1_000n, 1_500n, 3_000n] } },
    });
    expect(await airtime.findOperator('+442079460958')).toEqual({ kind: 'none' });
    await provider.fault({ match: { operation: 'operator' }, kind: 'malformed' });
    expect(await airtime.findOperator(PHONE)).toMatchObject({ kind: 'unknown' });
  });

  it('delivers once under a reference, also after it was killed', async () => {
    const one = topUp();
    const first = await airtime.send(one);
    expect(first).toMatchObject({ kind: 'delivered' });
    await simulator.restart();
    expect(await airtime.send(one)).toEqual(first);
    expect(await airtime.find(one)).toEqual(first);
    expect(await deliveriesOf(one.reference)).toBe(1);
    expect(await airtime.find(topUp())).toEqual({ kind: 'not_found' });
    await expect(airtime.send({ ...one, amountMinor: 2_000n })).rejects.toThrow(AirtimeMisuse);
    expect(await airtime.find({ ...one, amountMinor: 2_000n })).toMatchObject({ cause: 'answer_to_another_question' });
  });

  it('refuses for certain what it does not sell, what is refused, and what the float does not cover', async () => {
    expect(await airtime.send(topUp({ operator: 'rhein-de' }))).toMatchObject({ code: 'phone_not_of_operator' });
    expect(await airtime.send(topUp({ amountMinor: 99n }))).toMatchObject({ code: 'amount_not_offered' });
    const { answer, one } = await faulted({ kind: 'refuse', code: 'blocked' });
    expect(answer).toEqual({ kind: 'refused', code: 'blocked' });
    expect(await airtime.send(one)).toEqual(answer);
    expect((await faulted({ kind: 'low_float' })).answer).toEqual({ kind: 'low_float' });
    expect(await deliveriesOf(one.reference)).toBe(0);
  });

  it.each(['timeout', 'error', 'reset', 'malformed'])('does not know after %s, whatever has happened', async (kind) => {
    for (const [effect, found] of [
      ['before', 'not_found'],
      ['after', 'delivered'],
    ]) {
      const { one, answer } = await faulted({ kind, effect });
      expect(answer.kind).toBe('unknown');
      expect((await airtime.find(one)).kind).toBe(found);
      expect((await airtime.send(one)).kind).toBe('delivered');
      expect(await deliveriesOf(one.reference)).toBe(1);
    }
  });

  it('believes no 404 that somebody in between has made up, and waits when it is told to', async () => {
    const proxy = http.createServer((_request, response) => response.writeHead(404).end('{"error": "no route"}'));
    proxy.listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    const { port } = proxy.address() as AddressInfo;
    const astray = httpAirtime({ baseUrl: `http://127.0.0.1:${port}`, apiKey: 'key', timeoutMs: 10_000 });
    expect(await astray.find(topUp())).toMatchObject({ kind: 'unknown', cause: 'http_404' });
    proxy.close();
    expect((await faulted({ kind: 'rate_limit' })).answer).toMatchObject({ kind: 'unknown', retryAfterMs: 1_000 });
    const stranger = httpAirtime({ baseUrl: simulator.url, apiKey: 'wrong', timeoutMs: 10_000 });
    await expect(stranger.send(topUp())).rejects.toThrow(AirtimeMisuse);
  });

  it('tells, signed, of what becomes of it later', async () => {
    const late = await faulted({ kind: 'pending', afterMs: 200 });
    expect(late.answer).toEqual({ kind: 'pending' });
    const back = await faulted({ kind: 'reverse', afterMs: 200 });
    expect(back.answer.kind).toBe('delivered');
    const told = async (type: string, reference: string) => {
      await expect.poll(() => heard.some(({ rawBody }) => rawBody.includes(reference))).toBe(true);
      const message = heard.find(({ rawBody }) => rawBody.includes(reference));
      if (!message) throw new Error('nothing was heard');
      expect(verifyAirtimeWebhook({ ...message, secrets: [SECRET], now: Date.now() })).toMatchObject({
        type,
        reference,
      });
      return message;
    };
    await told('top_up.delivered', late.one.reference);
    const message = await told('top_up.reversed', back.one.reference);
    expect(await airtime.find(back.one)).toEqual({ kind: 'reversed' });
    const code = (change: object) => {
      try {
        verifyAirtimeWebhook({ ...message, secrets: [SECRET], now: Date.now(), ...change });
        return undefined;
      } catch (error) {
        return (error as { code?: string }).code;
      }
    };
    expect(code({ rawBody: `${message.rawBody} ` })).toBe('webhook_signature_invalid');
    expect(code({ now: Date.now() + 3_600_000 })).toBe('webhook_timestamp_skewed');
    const rawBody = '{}';
    const stamp = String(Math.floor(Date.now() / 1_000));
    const key = Buffer.from(SECRET.replace('whsec_', ''), 'base64');
    const signature = createHmac('sha256', key).update(`m.${stamp}.${rawBody}`).digest('base64');
    const headers = { 'webhook-id': 'm', 'webhook-timestamp': stamp, 'webhook-signature': `v1,${signature}` };
    expect(() => verifyAirtimeWebhook({ headers, rawBody, secrets: [SECRET], now: Date.now() })).toThrow();
  });

  it('delivers at most once under any mix of faults, and in the end says which', async () => {
    const on = { timeout_after: 0.05, error_before: 0.1, error_after: 0.1, reset_after: 0.1, malformed_after: 0.1 };
    for (const seed of [1, 2, 3]) {
      const send = { ...on, refuse: 0.1, pending: 0.1, pending_then_failed: 0.05, appear_late: 0.1, reset_before: 0.1 };
      await provider.mix({ seed, send, look_up: { error_before: 0.2, reset_before: 0.1 }, afterMs: 100 });
      const all = Array.from({ length: 40 }, (_, n) => topUp({ reference: `mix-${seed}-${n}` }));
      const ends = await Promise.all(all.map((one) => carryThrough(airtime, one)));
      expect(new Set(ends)).toEqual(new Set(['delivered', 'refused']));
      for (const [index, { reference }] of all.entries())
        expect(await deliveriesOf(reference)).toBe(ends[index] === 'delivered' ? 1 : 0);
    }
  });

  it('refuses a mix that nobody could keep to', async () => {
    for (const operation of ['send', 'look_up', 'operator']) {
      const tooMuch = { seed: 1, [operation]: { timeout_before: 0.6, error_before: 0.6 } };
      await expect(provider.mix(tooMuch)).rejects.toThrow('400');
      await provider.mix({ seed: 1, [operation]: { timeout_before: 0.5, error_before: 0.5 } });
    }
  });

  it('is left alone for a while when it does not answer', async () => {
    let now = 0;
    const guarded = withBreaker(airtime, { failures: 2, openMs: 1_000, now: () => now });
    await provider.fault({ match: { operation: 'look_up' }, kind: 'error', times: 2 });
    const ask = async () => (await guarded.find(topUp())) as { kind: string; cause?: string };
    expect([await ask(), await ask()].map(({ cause }) => cause)).toEqual(['http_500', 'http_500']);
    expect((await ask()).cause).toBe('breaker_open');
    now = 1_001;
    expect((await ask()).kind).toBe('not_found');
  });
});

/** Asks and sends under the same reference until the provider is definite, as the workflow does. */
async function carryThrough(airtime: AirtimePort, one: TopUp): Promise<string> {
  let answer: { readonly kind: string } = await airtime.send(one);
  for (let round = 0; round < 100; round++) {
    if (answer.kind === 'not_found') answer = await airtime.send(one);
    if (['delivered', 'refused', 'reversed', 'low_float'].includes(answer.kind)) return answer.kind;
    await new Promise((resolve) => setTimeout(resolve, 30));
    answer = await airtime.find(one);
  }
  return 'nobody knows';
}

describe('a phone number', () => {
  it('is taken in any spelling that says its country', () => {
    expect(parsePhone('+1 (202) 555-0110')).toBe(PHONE);
    expect(parsePhone('+49 151 12345678')).toBe('+4915112345678');
    for (const text of ['', '2025550110', '+1202', '+1 202 555 01100', 'phone', '+00000000000'])
      expect(parsePhone(text), text).toBeUndefined();
  });
});
