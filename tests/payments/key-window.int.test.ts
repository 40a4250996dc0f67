import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPaymentsActivities } from '../../activities/payments/index.ts';
import { searchSettlementFiles } from '../../activities/payments/search-settlement-files.ts';
import type { PaymentsPort } from '../../providers/payments/port.ts';
import type { PaymentsActivities } from '../../workflows/payments/contract.ts';
import { ADAPTERS, startPaymentsSimulator, type PaymentsSimulator } from '../support/payments-simulator.ts';

const HOUR_MS = 3_600_000;
const ago = (ms: number): string => new Date(Date.now() - ms).toISOString();

describe.each(ADAPTERS)('the key window, through the adapter %s', (adapter) => {
  let simulator: PaymentsSimulator;
  let payments: PaymentsPort;
  let activities: PaymentsActivities;
  const transfer = (firstSentAt: string, intentId: string = randomUUID()) => ({
    intentId,
    amountMinor: '1000',
    currency: 'USD',
    destinationAccount: 'acct_merchant',
    firstSentAt,
    requestId: 'test',
  });
  const search = (intentId: string, firstSentAt: string) =>
    searchSettlementFiles(payments, { intentId, firstSentAt }, () => {});

  beforeAll(async () => {
    simulator = await startPaymentsSimulator();
    payments = simulator.payments(adapter);
    activities = createPaymentsActivities(payments, 'platform');
    const charge = { amountMinor: 1_000_000n, currency: 'USD', source: 'tok_visa', intentId: randomUUID() };
    await payments.createCharge(charge);
  });
  afterAll(() => simulator.stop());

  it('is looked at by whoever sends, however long the task has lain: after it nothing is sent', async () => {
    const inside = transfer(ago(22 * HOUR_MS));
    expect(await activities.sendTransfer(inside)).toMatchObject({ kind: 'succeeded' });
    for (const firstSentAt of [ago(24 * HOUR_MS), ago(23.5 * HOUR_MS), 'no time']) {
      const outside = transfer(firstSentAt);
      expect(await activities.sendTransfer(outside)).toEqual({ kind: 'window_over' });
      expect(await simulator.truth(outside.intentId)).toEqual([]);
    }
    const { destinationAccount: _, ...pullBack } = transfer(ago(24 * HOUR_MS));
    expect(await activities.sendPullBack({ ...pullBack, sourceAccount: 'acct_merchant' })).toEqual({
      kind: 'window_over',
    });
    expect(await activities.sendCharge({ ...pullBack, source: 'tok_visa' })).toEqual({ kind: 'window_over' });
    expect(await simulator.truth(pullBack.intentId)).toEqual([]);
  });

  it('is the adapter’s own', async () => {
    const short = simulator.payments(adapter, { PAYMENTS_KEY_WINDOW_MS: String(HOUR_MS) });
    expect(await createPaymentsActivities(short, 'platform').sendTransfer(transfer(ago(HOUR_MS)))).toEqual({
      kind: 'window_over',
    });
  });

  it('is followed by the settlement files: they list it, or are not final, or lack it', async () => {
    const firstSentAt = new Date().toISOString();
    const [listed, lacking] = [transfer(firstSentAt), transfer(firstSentAt)];
    await activities.sendTransfer(listed);
    expect(await search(listed.intentId, firstSentAt)).toBe('listed');
    expect(await search(lacking.intentId, firstSentAt)).toBe('not_final');
    // Sent until the window's end: the next day's file counts as well.
    await simulator.admin('POST', 'clock', { advanceMs: 24 * HOUR_MS });
    expect(await search(lacking.intentId, firstSentAt)).toBe('not_final');
    await simulator.admin('POST', 'clock', { advanceMs: 25 * HOUR_MS });
    expect(await search(lacking.intentId, firstSentAt)).toBe('lacking');
    expect(await search(listed.intentId, firstSentAt)).toBe('listed');
  });

  it('is followed by nothing where a file cannot be read to its end', async () => {
    const firstSentAt = new Date().toISOString();
    await simulator.strike({ kind: 'malformed', effect: 'after', match: { operation: 'settlement_file' } });
    await expect(search(randomUUID(), firstSentAt)).rejects.toThrow();
  });
});
