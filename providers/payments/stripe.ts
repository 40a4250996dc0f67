import { z } from 'zod';
import { malformed, requireProperUse, type ProviderAnswer, type ProviderConnection } from './call.ts';
import {
  PaymentsMisuse,
  POOL_SHORT,
  type NewPayment,
  type PaymentLookUp,
  type PaymentOutcome,
  type PaymentsPort,
} from './port.ts';
import { fromStripeAmount, toStripeAmount } from './stripe-amounts.ts';
import { charge, getFromStripe, listOf, paymentIntent, postToStripe, stripeError, transfer } from './stripe-call.ts';
import { stripeSettlementFile } from './stripe-settlement-file.ts';

const amounts = z.array(z.object({ amount: z.number().int(), currency: z.string() }));
const balance = z.object({ available: amounts, pending: amounts });

/**
 * Stripe, with separate charges and transfers: a host's money is a PaymentIntent, a payout a transfer to a connected
 * account, and what is pulled back a debit of that account. The platform's own balance is the pool. Our reference is the
 * transfer group, by which both charges and transfers are listed without delay (a search would lag behind).
 */
export function stripePayments(options: ProviderConnection): PaymentsPort {
  const create = async <T>(path: string, payment: NewPayment, rest: Record<string, string>, read: Reader<T>) => {
    const { intentId, amountMinor, currency } = payment;
    const amount = toStripeAmount(amountMinor, currency);
    if (amount === undefined) return notExpressible(payment);
    const form = {
      amount,
      currency: currency.toLowerCase(),
      transfer_group: intentId,
      'metadata[reference]': intentId,
    };
    return toOutcome(await postToStripe(options, path, intentId, { ...form, ...rest }), read);
  };
  const find = async <T>(path: string, intentId: string, { schema, outcome }: Reader<T>): Promise<PaymentLookUp> => {
    const query = { transfer_group: intentId, limit: '10', 'expand[]': 'data.balance_transaction' };
    const answer = await getFromStripe(options, path, query);
    if (answer.kind === 'unknown') return answer;
    requireProperUse(answer.status, 'to a look-up');
    const parsed = listOf(schema).safeParse(answer.body);
    if (answer.status !== 200 || !parsed.success) return malformed(answer.status);
    const outcomes = parsed.data.data.map(outcome);
    // Of several under one reference the one that moved money counts.
    return outcomes.find(({ kind }) => kind !== 'refused') ?? outcomes[0] ?? { kind: 'not_found' };
  };
  return {
    keyWindowMs: options.keyWindowMs,
    createCharge: ({ source, ...payment }) =>
      create('/v1/payment_intents', payment, { ...CONFIRMED, ...payerOf(source) }, intents),
    findCharge: (intentId) => find('/v1/charges', intentId, charges),
    createTransfer: async ({ destinationAccount, ...payment }) =>
      asTransfer(await create('/v1/transfers', payment, { ...EXPANDED, destination: destinationAccount }, transfers)),
    findTransfer: (intentId) => find('/v1/transfers', intentId, transfers),
    createPullBack: ({ sourceAccount, ...payment }) =>
      create('/v1/charges', payment, { ...EXPANDED, source: sourceAccount }, charges),
    findPullBack: (intentId) => find('/v1/charges', intentId, charges),
    poolBalance: async (currency) => {
      const { available, pending } = await readBalance(options);
      return sumOf([...available, ...pending], currency);
    },
    poolAvailable: async (currency) => sumOf((await readBalance(options)).available, currency),
    settlementFile: (date) => stripeSettlementFile(options, date),
  };
}

async function readBalance(options: ProviderConnection): Promise<z.output<typeof balance>> {
  const answer = await getFromStripe(options, '/v1/balance');
  if (answer.kind === 'unknown') throw new Error(`Stripe does not say its balance: ${answer.cause}`);
  return balance.parse(answer.body);
}

const sumOf = (lines: z.output<typeof amounts>, currency: string): bigint =>
  lines
    .filter((line) => line.currency === currency.toLowerCase())
    .reduce((sum, { amount }) => sum + fromStripeAmount(amount, currency), 0n);

const EXPANDED = { 'expand[]': 'balance_transaction' };
/** Nobody sits in front of it: what asks for the payer is refused. */
const CONFIRMED = { confirm: 'true', off_session: 'true', 'expand[]': 'latest_charge.balance_transaction' };

const payerOf = (source: string): Record<string, string> =>
  source.startsWith('tok_')
    ? { 'payment_method_data[type]': 'card', 'payment_method_data[card][token]': source }
    : { payment_method: source };

const notExpressible = ({ amountMinor, currency }: NewPayment): PaymentOutcome => ({
  kind: 'refused',
  code: 'amount_not_expressible',
  message: `Stripe cannot express ${amountMinor} minor units of ${currency}.`,
});

/** The paying account is ours. */
const asTransfer = (outcome: PaymentOutcome): PaymentOutcome =>
  outcome.kind === 'refused' && outcome.code === 'balance_insufficient' ? { ...outcome, code: POOL_SHORT } : outcome;

/** How an object of theirs reads. */
interface Reader<T> {
  readonly schema: z.ZodType<T>;
  readonly outcome: (object: T) => PaymentOutcome;
}

const charges: Reader<z.output<typeof charge>> = {
  schema: charge,
  outcome: ({ id, status, currency, failure_code, balance_transaction }) => {
    if (status === 'failed') return refusedWith(failure_code ?? 'failed', 'The charge has failed.');
    return status === 'pending'
      ? { kind: 'pending', providerId: id }
      : done('succeeded', id, currency, balance_transaction);
  },
};

const intents: Reader<z.output<typeof paymentIntent>> = {
  schema: paymentIntent,
  outcome: ({ id, status, latest_charge }) => {
    if (latest_charge) return charges.outcome(latest_charge);
    return status === 'canceled'
      ? refusedWith('canceled', 'The payment intent is cancelled.')
      : { kind: 'pending', providerId: id };
  },
};

const transfers: Reader<z.output<typeof transfer>> = {
  schema: transfer,
  outcome: ({ id, currency, reversed, balance_transaction }) =>
    done(reversed ? 'reversed' : 'succeeded', id, currency, balance_transaction),
};

const refusedWith = (code: string, message: string): PaymentOutcome => ({ kind: 'refused', code, message });

/** Final only with its fee, and with one in the payment's own currency: else nobody can book it. */
function done(
  kind: 'succeeded' | 'reversed',
  providerId: string,
  currency: string,
  transaction: { readonly fee: number; readonly currency: string } | string | null | undefined,
): PaymentOutcome {
  if (typeof transaction === 'string' || !transaction) return { kind: 'pending', providerId };
  if (transaction.currency !== currency) return { kind: 'unknown', cause: 'fee_in_another_currency' };
  return { kind, providerId, feeMinor: fromStripeAmount(transaction.fee, currency) };
}

function toOutcome<T>(answer: ProviderAnswer, { schema, outcome }: Reader<T>): PaymentOutcome {
  if (answer.kind === 'unknown') return answer;
  const { status, body } = answer;
  const parsed = schema.safeParse(body);
  if (status === 200 && parsed.success) return outcome(parsed.data);
  const failed = stripeError.safeParse(body);
  const { type, code, message } = failed.data?.error ?? { type: 'none' };
  requireProperUse(status, code ?? type);
  if (type === 'idempotency_error') throw new PaymentsMisuse(`Stripe answered ${status}: ${message ?? type}`);
  // Their types say what is definite. A conflict (409) or a failed dependency (424) is not.
  const definite = (status === 402 && type === 'card_error') || (status === 400 && type === 'invalid_request_error');
  if (definite) return refusedWith(code ?? 'invalid_request', message ?? 'Stripe refused the payment.');
  return failed.success ? { kind: 'unknown', cause: `http_${status} ${code ?? type}` } : malformed(status);
}
