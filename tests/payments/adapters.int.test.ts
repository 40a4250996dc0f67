import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { PaymentsMisuse, type PaymentsPort, type SettlementLine } from '../../providers/payments/port.ts';
import { ADAPTERS, startPaymentsSimulator, type PaymentsSimulator } from '../support/payments-simulator.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** What the product relies on, whoever the provider is: the same tests against every adapter. */
describe.each(ADAPTERS)('the payment provider through the adapter %s', (adapter) => {
  let simulator: PaymentsSimulator;
  let payments: PaymentsPort;
  let impatient: PaymentsPort;

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
    destinationAccount: 'acct_merchant',
    ...change,
  });
  const pullBack = (change: object = {}) => ({
    intentId: randomUUID(),
    amountMinor: 500n,
    currency: 'USD',
    sourceAccount: 'acct_merchant',
    ...change,
  });
  const advance = (advanceMs: number) => simulator.admin('POST', 'clock', { advanceMs });

  beforeAll(async () => {
    simulator = await startPaymentsSimulator();
    payments = simulator.payments(adapter);
    impatient = simulator.payments(adapter, { PAYMENTS_TIMEOUT_MS: '1500' });
    await payments.createCharge(charge({ amountMinor: 10_000_000n }));
  });
  beforeEach(async () => {
    await simulator.admin('DELETE', 'faults');
    await simulator.admin('PUT', 'settings', { keyWindowMs: DAY_MS, settlementFileDelayMs: 0 });
  });
  afterAll(() => simulator.stop());

  it('charges once per key, and reports its fee', async () => {
    const input = charge();
    const before = await payments.poolBalance('USD');
    const first = await payments.createCharge(input);
    expect(first).toMatchObject({ kind: 'succeeded', feeMinor: 320n });
    expect(await payments.createCharge(input)).toEqual(first);
    expect(await payments.findCharge(input.intentId)).toEqual(first);
    expect((await payments.poolBalance('USD')) - before).toBe(9_680n);
    expect(await payments.poolAvailable('USD')).toBe(before + 9_680n);
  });

  it('pays out, takes back, and says which intent is whose', async () => {
    const [out, back] = [transfer(), pullBack()];
    expect(await payments.createTransfer(out)).toMatchObject({ kind: 'succeeded', feeMinor: 25n });
    expect(await payments.createPullBack(back)).toMatchObject({ kind: 'succeeded', feeMinor: 25n });
    expect(await payments.findTransfer(out.intentId)).toMatchObject({ kind: 'succeeded' });
    expect(await payments.findPullBack(back.intentId)).toMatchObject({ kind: 'succeeded' });
    expect(await payments.findCharge(out.intentId)).toEqual({ kind: 'not_found' });
  });

  it('refuses a card that is declined, a closed account, and what the pool does not hold', async () => {
    expect(await payments.createCharge(charge({ source: 'tok_declined' }))).toMatchObject({
      kind: 'refused',
      code: 'card_declined',
    });
    await simulator.admin('POST', 'accounts/acct_gone/close');
    expect(await payments.createTransfer(transfer({ destinationAccount: 'acct_gone' }))).toMatchObject({
      kind: 'refused',
      code: 'account_closed',
    });
    expect(await payments.createTransfer(transfer({ amountMinor: 10n ** 12n }))).toMatchObject({
      kind: 'refused',
      code: 'pool_balance_short',
    });
  });

  it('replays a stored refusal for its key also after its cause is gone; a new intent is paid', async () => {
    await simulator.strike({ kind: 'refuse', code: 'account_restricted' });
    const input = transfer();
    const refused = await payments.createTransfer(input);
    expect(refused).toMatchObject({ kind: 'refused', code: 'account_restricted' });
    expect(await payments.createTransfer(input)).toEqual(refused);
    expect(await payments.createTransfer(transfer())).toMatchObject({ kind: 'succeeded' });
    expect(await simulator.truth(input.intentId)).toMatchObject([{ status: 'failed' }]);
  });

  it('takes another body under the same key for a mistake of ours', async () => {
    const input = charge();
    await payments.createCharge(input);
    await expect(payments.createCharge({ ...input, amountMinor: 1n })).rejects.toThrow(PaymentsMisuse);
    const stranger = simulator.payments(adapter, { PAYMENTS_API_KEY: 'the key of a stranger' });
    await expect(stranger.createCharge(charge())).rejects.toThrow(PaymentsMisuse);
    await expect(stranger.findCharge(input.intentId)).rejects.toThrow(PaymentsMisuse);
  });

  it.each([
    ['timeout', 'before', 'not_found'],
    ['timeout', 'after', 'succeeded'],
    ['error', 'before', 'not_found'],
    ['error', 'after', 'succeeded'],
    ['reset', 'before', 'not_found'],
    ['reset', 'after', 'succeeded'],
    ['malformed', 'before', 'not_found'],
    ['malformed', 'after', 'succeeded'],
  ] as const)(
    'calls a %s %s the effect unknown; the look-up finds it %s; a repeat pays once',
    async (kind, effect, found) => {
      await simulator.strike({ kind, effect });
      const input = transfer();
      expect(await impatient.createTransfer(input)).toMatchObject({ kind: 'unknown' });
      expect(await payments.findTransfer(input.intentId)).toMatchObject({ kind: found });
      expect(await payments.createTransfer(input)).toMatchObject({ kind: 'succeeded' });
      expect(await simulator.truth(input.intentId)).toHaveLength(1);
    },
  );

  it('does not know either when the look-up fails', async () => {
    const input = transfer();
    await payments.createTransfer(input);
    for (const kind of ['timeout', 'error', 'reset', 'malformed']) {
      await simulator.strike({ kind, match: { operation: 'look_up', reference: input.intentId } });
      expect(await impatient.findTransfer(input.intentId)).toMatchObject({ kind: 'unknown' });
    }
    expect(await payments.findTransfer(input.intentId)).toMatchObject({ kind: 'succeeded' });
  });

  it('says how long a provider wants to be left alone that was called too often', async () => {
    await simulator.strike({ kind: 'rate_limit', retryAfterS: 7 });
    const input = transfer();
    expect(await payments.createTransfer(input)).toEqual({ kind: 'unknown', cause: 'http_429', retryAfterMs: 7_000 });
    await simulator.strike({ kind: 'rate_limit', retryAfterS: 0, match: { operation: 'look_up' } });
    expect(await payments.findTransfer(input.intentId)).toEqual({ kind: 'unknown', cause: 'http_429' });
    expect(await payments.findTransfer(input.intentId)).toEqual({ kind: 'not_found' });
  });

  it('pays a second time when a key is repeated after its window: nobody may', async () => {
    const input = transfer();
    await payments.createTransfer(input);
    await advance(payments.keyWindowMs - HOUR_MS);
    await payments.createTransfer(input);
    expect(await simulator.truth(input.intentId)).toHaveLength(1);
    await advance(HOUR_MS);
    await payments.createTransfer(input);
    expect(await simulator.truth(input.intentId)).toHaveLength(2);
    expect(await payments.findTransfer(input.intentId)).toMatchObject({ kind: 'succeeded' });
  });

  it('forgets a refusal with its key', async () => {
    await simulator.strike({ kind: 'refuse', code: 'account_restricted' });
    const input = transfer();
    expect(await payments.createTransfer(input)).toMatchObject({ kind: 'refused' });
    await advance(payments.keyWindowMs);
    expect(await payments.createTransfer(input)).toMatchObject({ kind: 'succeeded' });
  });

  it('waits for a charge that is pending, however it ends', async () => {
    const [good, bad] = [charge(), charge()];
    await simulator.strike({ kind: 'pending', afterMs: HOUR_MS });
    await simulator.strike({ kind: 'pending', afterMs: HOUR_MS, becomes: 'failed', code: 'declined_late' });
    for (const input of [good, bad]) expect(await payments.createCharge(input)).toMatchObject({ kind: 'pending' });
    expect(await payments.findCharge(good.intentId)).toMatchObject({ kind: 'pending' });
    await advance(HOUR_MS);
    expect(await payments.findCharge(good.intentId)).toMatchObject({ kind: 'succeeded', feeMinor: 320n });
    expect(await payments.findCharge(bad.intentId)).toMatchObject({ kind: 'refused', code: 'declined_late' });
  });

  it('calls a payment final only with its fee, which may differ from the quote', async () => {
    const input = charge();
    await simulator.strike({ kind: 'fee_late', feeMinor: '777', afterMs: HOUR_MS });
    expect(await payments.createCharge(input)).toMatchObject({ kind: 'pending' });
    await advance(HOUR_MS);
    expect(await payments.findCharge(input.intentId)).toMatchObject({ kind: 'succeeded', feeMinor: 777n });
    await simulator.strike({ kind: 'fee_differs', feeMinor: '41' });
    expect(await payments.createTransfer(transfer())).toMatchObject({ kind: 'succeeded', feeMinor: 41n });
  });

  it('sees a payment that look-ups do not find at first, and one that comes back', async () => {
    const [late, reversed] = [transfer(), transfer()];
    await simulator.strike({ kind: 'appear_late', afterMs: HOUR_MS });
    await payments.createTransfer(late);
    expect(await payments.findTransfer(late.intentId)).toEqual({ kind: 'not_found' });
    await simulator.strike({ kind: 'reverse', afterMs: HOUR_MS });
    expect(await payments.createTransfer(reversed)).toMatchObject({ kind: 'succeeded' });
    await advance(HOUR_MS);
    expect(await payments.findTransfer(late.intentId)).toMatchObject({ kind: 'succeeded' });
    expect(await payments.findTransfer(reversed.intentId)).toMatchObject({ kind: 'reversed', feeMinor: 25n });
  });

  it('forgets nothing when it is killed', async () => {
    const input = charge();
    const first = await payments.createCharge(input);
    const balance = await payments.poolBalance('USD');
    await simulator.kill();
    expect(await impatient.findCharge(input.intentId)).toMatchObject({ kind: 'unknown' });
    await simulator.start();
    expect(await payments.findCharge(input.intentId)).toEqual(first);
    expect(await payments.poolBalance('USD')).toBe(balance);
  });

  describe('the settlement file', () => {
    const read = async (date: string) => {
      const file = await payments.settlementFile(date);
      const lines: SettlementLine[] = [];
      for await (const line of file?.lines ?? []) lines.push(line);
      return { final: file?.final, lines };
    };
    const now = async () => ((await simulator.admin('GET', 'clock')) as { now: string }).now;
    const today = async () => (await now()).slice(0, 10);

    it('has what moved, under our references, and is final when the day is over', async () => {
      // A day that has just begun.
      await advance(DAY_MS - (Date.parse(await now()) % DAY_MS));
      const date = await today();
      const [paid, lost, refused, back, pulled] = [transfer(), charge(), transfer(), transfer(), pullBack()];
      await payments.createTransfer(paid);
      await simulator.strike({ kind: 'reset', effect: 'after' });
      await payments.createCharge(lost);
      await simulator.strike({ kind: 'refuse', code: 'account_closed' });
      await payments.createTransfer(refused);
      await payments.createTransfer(back);
      await simulator.admin('POST', `transfers/${back.intentId}/reverse`);
      await payments.createPullBack(pulled);
      expect((await read(date)).final).toBe(false);
      await advance(DAY_MS);
      const { final, lines } = await read(date);
      expect(final).toBe(true);
      const kinds = (intentId: string) =>
        lines
          .filter(({ reference }) => reference === intentId)
          .map(({ kind }) => kind)
          .toSorted();
      expect(kinds(paid.intentId)).toEqual(['transfer']);
      expect(kinds(lost.intentId)).toEqual(['charge']);
      expect(kinds(refused.intentId)).toEqual([]);
      expect(kinds(back.intentId)).toEqual(['reversal', 'transfer']);
      expect(kinds(pulled.intentId)).toEqual(['transfer']);
      expect(lines.find(({ reference }) => reference === paid.intentId)).toMatchObject({
        amountMinor: 1_000n,
        feeMinor: 25n,
        currency: 'USD',
        state: 'succeeded',
      });
    });

    it('is no proof where it cannot be read to its end', async () => {
      const date = await today();
      for (const kind of ['malformed', 'error', 'reset']) {
        await simulator.strike({ kind, effect: 'after', match: { operation: 'settlement_file' } });
        await expect(read(date)).rejects.toThrow();
      }
      expect((await read(date)).lines).toEqual(expect.any(Array));
    });
  });
});
