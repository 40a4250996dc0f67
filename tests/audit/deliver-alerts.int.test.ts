import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deliverDueAlerts, storedAlerts } from '../../activities/deliver-alerts.ts';
import type { SentAlert } from '../../providers/alerts/port.ts';
import { webhookAlerts } from '../../providers/alerts/webhook.ts';
import { startAlertReceiver } from '../support/alert-receiver.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

describe('alerts', () => {
  let test: TestDatabase;
  let receiver: Awaited<ReturnType<typeof startAlertReceiver>>;
  const logged: SentAlert[] = [];
  const log = {
    send: (alert: SentAlert): Promise<void> => {
      logged.push(alert);
      return Promise.resolve();
    },
  };

  beforeAll(async () => {
    test = await createTestDatabase('giftcard');
    receiver = await startAlertReceiver();
  });
  afterAll(async () => {
    await receiver.close();
    await test.drop();
  });

  const raise = (key: string) =>
    storedAlerts(test.db).raise({ key, summary: `About ${key}`, correlationId: 'request-1' });
  const deliver = (url = receiver.url) =>
    deliverDueAlerts(
      test.db,
      { log, webhook: webhookAlerts({ url, secret: receiver.secret, timeoutMs: 5_000 }) },
      () => {},
    );
  const dueNow = () => test.db('alerts').update({ next_attempt_at: test.db.fn.now() });

  it('are sent once for a case, signed, with the request that they come from', async () => {
    await Promise.all([...Array.from({ length: 20 }, () => raise('case:1')), raise('case:2')]);
    const outcomes = await Promise.all([deliver(), deliver()]);
    expect(outcomes.reduce((sum, { delivered }) => sum + delivered, 0)).toBe(2);
    await raise('case:1');
    await dueNow();
    expect(await deliver()).toEqual({ delivered: 0, failed: 0 });
    expect(receiver.received.toSorted((a, b) => a.key.localeCompare(b.key))).toMatchObject([
      {
        key: 'case:1',
        summary: 'About case:1',
        correlationId: 'request-1',
        signed: true,
        id: expect.stringMatching(/^msg_[0-9a-f-]{36}$/),
      },
      { key: 'case:2', signed: true },
    ]);
    expect(logged).toHaveLength(2);
  });

  it('are sent again under the same id when they were refused, or nobody answered, and logged once', async () => {
    await raise('case:3');
    receiver.refuse(1);
    expect(await deliver()).toEqual({ delivered: 0, failed: 1 });
    const row = () => test.db('alerts').where({ key: 'case:3' }).first();
    expect(await row()).toMatchObject({ attempts: 1, last_error: 'http_503', delivered_at: null });
    expect(await deliver()).toEqual({ delivered: 0, failed: 0 });
    await dueNow();
    expect(await deliver('http://127.0.0.1:9/nobody')).toEqual({ delivered: 0, failed: 1 });
    await dueNow();
    expect(await deliver()).toEqual({ delivered: 1, failed: 0 });
    expect(await row()).toMatchObject({ attempts: 3, last_error: null, delivered_at: expect.any(Date) });
    const sent = receiver.received.filter(({ key }) => key === 'case:3');
    expect([sent.length, new Set(sent.map(({ id }) => id)).size]).toEqual([2, 1]);
    expect(logged.filter(({ key }) => key === 'case:3')).toHaveLength(1);
  });
});
