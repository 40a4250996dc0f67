import type { Answer } from '../answers.ts';
import type { PaymentView } from '../payments.ts';
import { toPaymentIntent } from './objects.ts';

type ErrorType = 'api_error' | 'card_error' | 'idempotency_error' | 'invalid_request_error';

export const stripeError = (status: number, type: ErrorType, message: string, more: object = {}): Answer => ({
  status,
  body: { error: { type, message, ...more } },
});

export const stripeTrouble = {
  internal: stripeError(500, 'api_error', 'Something went wrong on our end.'),
  tooMany: stripeError(429, 'invalid_request_error', 'Too many requests.', { code: 'rate_limit' }),
};
export const stripeKeyMismatch = stripeError(
  400,
  'idempotency_error',
  'Keys for idempotent requests can only be used with the same parameters they were first used with.',
);

/** Why a payment was refused: what the bank says of a card is a card error, everything else a wrong request. */
export function stripeRefusal(payment: PaymentView): Answer {
  const code = payment.failureCode ?? 'failed';
  if (payment.kind === 'charge') {
    const more = { code: 'card_declined', decline_code: code, payment_intent: toPaymentIntent(payment) };
    return stripeError(402, 'card_error', 'Your card was declined.', more);
  }
  return code === 'insufficient_funds'
    ? stripeError(400, 'invalid_request_error', 'You have insufficient funds in your Stripe account.', {
        code: 'balance_insufficient',
      })
    : stripeError(400, 'invalid_request_error', `Refused: ${code}.`, { code, param: 'destination' });
}
