import { z } from 'zod';
import {
  PaymentsMisuse,
  POOL_SHORT,
  type NewPayment,
  type PaymentLookUp,
  type PaymentOutcome,
  type PaymentsPort,
} from './port.ts';

export interface HttpPaymentsOptions {
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly timeoutMs: number;
  /** The pooled account at the provider. */
  readonly poolAccount: string;
}

const payment = z.object({
  id: z.string(),
  status: z.enum(['pending', 'succeeded', 'failed', 'reversed']),
  fee: z.string().regex(/^\d+$/).nullable(),
  failureCode: z.string().nullable(),
});
const list = z.object({ data: z.array(payment) });
const refusal = z.object({ error: z.object({ code: z.string(), message: z.string() }) });
const balances = z.object({ balances: z.record(z.string(), z.string().regex(/^-?\d+$/)) });

type Answer = { readonly status: number; readonly body: unknown } | { readonly unknown: string };

/** The provider's HTTP API. Only an answer of the documented shape is believed; everything else is unknown. */
export function httpPayments(options: HttpPaymentsOptions): PaymentsPort {
  const create = async (
    path: string,
    { intentId, amountMinor, currency }: NewPayment,
    rest: object,
  ): Promise<PaymentOutcome> => {
    const body = { reference: intentId, amount: amountMinor.toString(), currency, ...rest };
    return toOutcome(await call(options, path, { method: 'POST', idempotencyKey: intentId, body }));
  };
  const find = async (path: string, intentId: string): Promise<PaymentLookUp> => {
    const answer = await call(options, `${path}?reference=${encodeURIComponent(intentId)}`, { method: 'GET' });
    if ('unknown' in answer) return { kind: 'unknown', cause: answer.unknown };
    const parsed = list.safeParse(answer.body);
    if (!parsed.success) return { kind: 'unknown', cause: `malformed answer (${answer.status})` };
    const [found] = parsed.data.data;
    return found ? fromPayment(found) : { kind: 'not_found' };
  };
  return {
    createCharge: ({ source, ...charge }) =>
      create('/v1/charges', charge, { source, destinationAccount: options.poolAccount }),
    findCharge: (intentId) => find('/v1/charges', intentId),
    createTransfer: async ({ destinationAccount, ...transfer }) =>
      asTransfer(await create('/v1/transfers', transfer, { sourceAccount: options.poolAccount, destinationAccount })),
    findTransfer: async (intentId) => asTransfer(await find('/v1/transfers', intentId)),
    createPullBack: ({ sourceAccount, ...pullBack }) =>
      create('/v1/transfers', pullBack, {
        sourceAccount,
        destinationAccount: options.poolAccount,
        feePayer: 'destination',
      }),
    findPullBack: (intentId) => find('/v1/transfers', intentId),
    poolBalance: async (currency) => {
      const answer = await call(options, `/v1/accounts/${options.poolAccount}`, { method: 'GET' });
      if ('unknown' in answer) throw new Error(`The provider does not say its balance: ${answer.unknown}`);
      return BigInt(balances.parse(answer.body).balances[currency] ?? '0');
    },
  };
}

/** Of a transfer the paying account is ours. */
const asTransfer = <T extends PaymentLookUp>(outcome: T): T =>
  outcome.kind === 'refused' && outcome.code === 'insufficient_funds' ? { ...outcome, code: POOL_SHORT } : outcome;

interface Call {
  readonly method: 'GET' | 'POST';
  readonly idempotencyKey?: string;
  readonly body?: unknown;
}

async function call(
  { baseUrl, apiKey, timeoutMs }: HttpPaymentsOptions,
  path: string,
  { method, idempotencyKey, body }: Call,
): Promise<Answer> {
  try {
    const response = await fetch(new URL(path, baseUrl), {
      method,
      headers: {
        authorization: `Bearer ${apiKey}`,
        ...(idempotencyKey ? { 'idempotency-key': idempotencyKey } : {}),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(timeoutMs),
    });
    if (response.status === 429 || response.status >= 500) return { unknown: `http_${response.status}` };
    return { status: response.status, body: await response.json() };
  } catch (error) {
    return { unknown: error instanceof Error ? error.name : 'request_failed' };
  }
}

const REFUSED = new Set([400, 402, 422]);
const MISUSED = new Set([401, 403, 404, 405, 409]);

function toOutcome(answer: Answer): PaymentOutcome {
  if ('unknown' in answer) return { kind: 'unknown', cause: answer.unknown };
  const parsed = payment.safeParse(answer.body);
  if (answer.status < 300 && parsed.success) return fromPayment(parsed.data);
  const refused = refusal.safeParse(answer.body);
  if (MISUSED.has(answer.status)) {
    throw new PaymentsMisuse(
      `The provider answered ${answer.status} ${refused.success ? refused.data.error.code : ''}`,
    );
  }
  if (REFUSED.has(answer.status) && refused.success) return { kind: 'refused', ...refused.data.error };
  return { kind: 'unknown', cause: `malformed answer (${answer.status})` };
}

function fromPayment({ id, status, fee, failureCode }: z.output<typeof payment>): PaymentOutcome {
  switch (status) {
    case 'succeeded':
      // Final only with its fee: until it is reported nobody can book it.
      return fee === null
        ? { kind: 'pending', providerId: id }
        : { kind: 'succeeded', providerId: id, feeMinor: BigInt(fee) };
    case 'pending':
      return { kind: 'pending', providerId: id };
    case 'failed':
      return { kind: 'refused', code: failureCode ?? 'failed', message: 'The provider refused the payment.' };
    case 'reversed':
      return { kind: 'reversed', providerId: id };
  }
}
