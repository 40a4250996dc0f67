import { createHmac, randomUUID } from 'node:crypto';
import type { Stack } from '../../scripts/stack/stack.ts';

/** What the world does at the payment provider, and what the provider tells us of it. */
export function paymentProvider(stack: Stack) {
  const setting = (name: string): string => stack.environment[name] ?? '';
  const call = async (
    method: 'POST' | 'PUT',
    path: string,
    token: string,
    body: object,
    headers: Record<string, string> = {},
  ) => {
    const response = await fetch(new URL(path, stack.applicationUrl('payments-simulator')), {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
  };
  const post = (path: string, token: string, body: object, headers: Record<string, string> = {}) =>
    call('POST', path, token, body, headers);
  return {
    /** How it behaves from now on. */
    behave: (settings: object) => call('PUT', '/admin/settings', setting('SIMULATOR_ADMIN_TOKEN'), settings),

    /** Puts its clock forward. */
    advance: (advanceMs: number) => post('/admin/clock', setting('SIMULATOR_ADMIN_TOKEN'), { advanceMs }),

    /** The next transfers that match are struck. */
    strike: (fault: object) => post('/admin/faults', setting('SIMULATOR_ADMIN_TOKEN'), fault),

    /** From now on the provider tells us nothing. */
    loseMessages: () => call('PUT', '/admin/settings', setting('SIMULATOR_ADMIN_TOKEN'), { webhooks: { dropped: 1 } }),

    /** A transfer that was carried out comes back; the provider tells us so. */
    reverse: (reference: string) => post(`/admin/transfers/${reference}/reverse`, setting('SIMULATOR_ADMIN_TOKEN'), {}),

    /** A payer takes so much of a charge back through the bank; the provider tells us so. */
    dispute: (reference: string, amount: string) =>
      post(`/admin/charges/${reference}/dispute`, setting('SIMULATOR_ADMIN_TOKEN'), { amount }),

    /** Money moves at the provider, by nobody's intent of ours; whoever is named second pays nothing for it. */
    move: (sourceAccount: string, destinationAccount: string, amount: string, feePayer: 'source' | 'destination') =>
      post(
        '/v1/transfers',
        setting('PAYMENTS_API_KEY'),
        { reference: randomUUID(), amount, currency: 'USD', sourceAccount, destinationAccount, feePayer },
        { 'idempotency-key': randomUUID() },
      ),

    /** A signed message to the giveaway service. @returns the status of its answer. */
    tell: async (type: string, data: object): Promise<number> => {
      const [id, timestamp] = [`msg_${randomUUID()}`, Math.floor(Date.now() / 1_000).toString()];
      const body = JSON.stringify({ type, data });
      const key = Buffer.from(setting('SIMULATOR_WEBHOOK_SECRET').replace(/^whsec_/, ''), 'base64');
      const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
      const response = await fetch(new URL('/v1/webhooks/payments', stack.applicationUrl('giveaway-api')), {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'webhook-id': id,
          'webhook-timestamp': timestamp,
          'webhook-signature': `v1,${signature}`,
        },
        body,
      });
      return response.status;
    },
  };
}
