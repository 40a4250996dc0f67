import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { verifyStripeWebhook } from '../../providers/payments/stripe-webhook.ts';
import { verifyWebhook, type PaymentWebhook, type SignedWebhook } from '../../providers/payments/webhook.ts';
import { WEBHOOK_SECRET as SECRET } from '../support/payments-simulator.ts';

const now = Date.now();
const REFERENCE = 'our-intent';

interface Scheme {
  readonly verify: (webhook: SignedWebhook) => PaymentWebhook;
  /** A message as the provider signs it. */
  readonly sign: (body: object, secret?: string, at?: number) => Pick<SignedWebhook, 'headers' | 'rawBody'>;
  readonly payment: (type: string) => object;
  readonly dispute: object;
}

const handsel: Scheme = {
  verify: verifyWebhook,
  sign: (body, secret = SECRET, at = now) => {
    const rawBody = JSON.stringify(body);
    const timestamp = String(Math.floor(at / 1_000));
    const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
    const signature = createHmac('sha256', key).update(`msg_1.${timestamp}.${rawBody}`).digest('base64');
    const headers = {
      'webhook-id': 'msg_1',
      'webhook-timestamp': timestamp,
      'webhook-signature': `v1,${signature}`,
    };
    return { headers, rawBody };
  },
  payment: (type) => ({ type, data: { kind: type.split('.')[0], reference: REFERENCE } }),
  dispute: { type: 'charge.disputed', data: { kind: 'dispute', reference: REFERENCE, amount: '700' } },
};

const stripe: Scheme = {
  verify: verifyStripeWebhook,
  sign: (body, secret = SECRET, at = now) => {
    const rawBody = JSON.stringify(body);
    const timestamp = Math.floor(at / 1_000);
    const signature = createHmac('sha256', secret).update(`${timestamp}.${rawBody}`).digest('hex');
    // Old schemes stand beside the one that counts.
    return { headers: { 'stripe-signature': `t=${timestamp},v0=00,v1=${signature}` }, rawBody };
  },
  payment: (type) => ({
    id: 'msg_1',
    type,
    data: { object: { object: type.split('.')[0], transfer_group: REFERENCE } },
  }),
  dispute: {
    id: 'msg_1',
    type: 'charge.dispute.created',
    data: { object: { object: 'dispute', charge: 'ch_1', amount: 700, currency: 'usd' } },
  },
};

describe.each([
  ['handsel', handsel],
  ['stripe', stripe],
])('webhooks by the scheme of %s', (_name, { verify, sign, payment, dispute }) => {
  const succeeded = payment('charge.succeeded');
  const read = (message: Pick<SignedWebhook, 'headers' | 'rawBody'>, secrets: readonly string[] = [SECRET]) =>
    verify({ ...message, secrets, now });
  const invalid = expect.objectContaining({ code: 'webhook_signature_invalid' });
  const skewed = expect.objectContaining({ code: 'webhook_timestamp_skewed' });

  it('are believed when signed, also while a secret is being replaced', () => {
    const message = { id: 'msg_1', kind: 'charge', reference: REFERENCE, reversed: false };
    expect(read(sign(succeeded))).toMatchObject(message);
    expect(read(sign(succeeded), ['whsec_bmV3', SECRET])).toMatchObject(message);
  });

  it('are refused when forged, changed, or not signed', () => {
    const genuine = sign(succeeded);
    expect(() => read(sign(succeeded, 'whsec_b3RoZXI='))).toThrow(invalid);
    expect(() => read({ ...genuine, rawBody: genuine.rawBody.replace('charge', 'transfer') })).toThrow(invalid);
    expect(() => read({ ...genuine, headers: {} })).toThrow(invalid);
    expect(() => read(genuine, [])).toThrow(invalid);
  });

  it('are refused when old, or from the future', () => {
    expect(() => read(sign(succeeded, SECRET, now - 301_000))).toThrow(skewed);
    expect(() => read(sign(succeeded, SECRET, now + 301_000))).toThrow(skewed);
    expect(read(sign(succeeded, SECRET, now - 299_000))).toMatchObject({ id: 'msg_1' });
  });

  it('say that a transfer came back, and that a charge is disputed', () => {
    expect(read(sign(payment('transfer.reversed')))).toMatchObject({ kind: 'transfer', reversed: true });
    expect(read(sign(payment('transfer.succeeded')))).toMatchObject({ kind: 'transfer', reversed: false });
    expect(read(sign(dispute))).toMatchObject({ kind: 'dispute', amountMinor: 700n });
  });

  it('are refused when they are signed and make no sense', () => {
    expect(() => read(sign({ nonsense: true }))).toThrow();
  });
});

describe('webhooks of Stripe that are about something else', () => {
  it('are genuine, and nothing to act on', () => {
    const body = { id: 'evt_2', type: 'customer.created', data: { object: { object: 'customer' } } };
    expect(verifyStripeWebhook({ ...stripe.sign(body), secrets: [SECRET], now })).toEqual({
      id: 'evt_2',
      type: 'customer.created',
      kind: 'other',
    });
  });
});
