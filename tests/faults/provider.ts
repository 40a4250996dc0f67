import { createHmac, randomUUID } from 'node:crypto';
import type { Stack } from '../../scripts/stack/stack.ts';

export interface ProviderFault {
  readonly match: { readonly operation?: 'charge' | 'transfer'; readonly destinationAccount?: string };
  readonly effect: 'before' | 'after';
  readonly kind: 'refuse' | 'timeout' | 'error' | 'reset' | 'reverse';
  readonly code?: string;
  /** When what was carried out comes back. */
  readonly afterMs?: number;
  readonly times?: number;
}

export interface Payment {
  readonly reference: string;
  readonly amount: string;
  readonly destination: string;
  readonly status: string;
  readonly createdAt: string;
}

export interface Account {
  readonly id: string;
  readonly balances: Readonly<Record<string, string>>;
}

interface Truth {
  readonly accounts: readonly Account[];
  readonly charges: readonly Payment[];
  readonly transfers: readonly Payment[];
}

const SPEAKS_ONCE = { delayMs: 0, copies: 1, shuffleMs: 0, forged: 0 };

/** The provider from outside: told what to do wrong, and asked what really happened. */
export function providerOf(stack: Stack) {
  const call = async (method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: object): Promise<Response> => {
    const response = await fetch(`${stack.applicationUrl('payments-simulator')}/admin/${path}`, {
      method,
      headers: {
        authorization: `Bearer ${stack.environment['SIMULATOR_ADMIN_TOKEN']}`,
        'content-type': 'application/json',
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    if (!response.ok) throw new Error(`The provider answered ${response.status} to ${path}`);
    return response;
  };
  return {
    /** The next payments that match are struck. */
    strike: (fault: ProviderFault) => call('POST', 'faults', fault),
    /** Goes wrong so often in each way, at calls that follow from the seed. */
    mix: (mix: { seed: number; rates: Readonly<Record<string, object>> }) => call('PUT', 'mix', mix),
    heal: () =>
      Promise.all([
        call('DELETE', 'mix'),
        call('DELETE', 'faults'),
        call('PUT', 'settings', { webhooks: SPEAKS_ONCE }),
      ]),
    /** Says everything so much later than it happens. */
    speakLate: (delayMs: number) => call('PUT', 'settings', { webhooks: { delayMs } }),
    /** Says everything twice, in another order, and somebody else tells lies in its name. */
    mumble: () => call('PUT', 'settings', { webhooks: { copies: 2, shuffleMs: 1_500, forged: 0.2 } }),
    /** A transfer that was carried out comes back. */
    reverse: (reference: string) => call('POST', `transfers/${reference}/reverse`, {}),
    truth: async () => (await (await call('GET', 'truth')).json()) as Truth,
  };
}

export interface SignedMessage {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A message as the provider would sign it, with this secret and at this time. */
export function signMessage(body: object, secret: string, at = Date.now()): SignedMessage {
  const text = JSON.stringify(body);
  const [id, timestamp] = [`msg_${randomUUID()}`, Math.floor(at / 1_000).toString()];
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${text}`).digest('base64');
  return {
    body: text,
    headers: {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': timestamp,
      'webhook-signature': `v1,${signature}`,
    },
  };
}
