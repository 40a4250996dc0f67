import { z } from 'zod';
import { AirtimeMisuse, type AirtimePort, type OperatorAnswer, type TopUp, type TopUpLookUp } from './port.ts';

export interface HttpAirtimeOptions {
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly timeoutMs: number;
}

const amount = z
  .string()
  .regex(/^\d{1,15}$/)
  .transform(BigInt);
const operatorBody = z.object({
  operator: z.object({
    id: z.string(),
    name: z.string(),
    country: z.string().regex(/^[A-Z]{2}$/),
    currency: z.string().regex(/^[A-Z]{3}$/),
    offer: z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('fixed'), amountsMinor: z.array(amount).min(1) }),
      z.object({ kind: z.literal('range'), minMinor: amount, maxMinor: amount }),
    ]),
  }),
});
const topUpBody = z.object({
  id: z.string().min(1),
  reference: z.string(),
  amount,
  currency: z.string(),
  status: z.enum(['pending', 'delivered', 'failed', 'reversed']),
  /** Of a failed one. */
  failure: z.string().max(64).optional(),
});
const errorBody = z.object({ error: z.object({ code: z.string() }) });
/** 409: the reference stands with another content. */
const MISUSED = new Set([400, 401, 403, 405, 409, 415, 422]);
const LOW_FLOAT = 'insufficient_float';

type Expected = Omit<TopUp, 'phone' | 'operator'>;
interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly retryAfterMs: number;
}

/** The provider's HTTP API. Only an answer of the documented shape, about what was asked, is believed. */
export function httpAirtime({ baseUrl, apiKey, timeoutMs }: HttpAirtimeOptions): AirtimePort {
  const ask = async (method: 'GET' | 'POST', at: string, body?: object): Promise<Answer> => {
    const response = await fetch(new URL(at, baseUrl), {
      method,
      headers: { authorization: `Bearer ${apiKey}`, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(timeoutMs),
    });
    if (MISUSED.has(response.status)) throw new AirtimeMisuse(`The airtime provider answered ${response.status}`);
    const answered = { status: response.status, retryAfterMs: retryAfterMs(response.headers) };
    return { ...answered, body: await response.json() };
  };
  return {
    findOperator: (phone) => orUnknown(async () => readOperator(await ask('POST', '/v1/operators/look-up', { phone }))),
    send: ({ amountMinor, ...topUp }) =>
      orUnknown(async () => {
        const answer = readTopUp(await ask('POST', '/v1/top-ups', { ...topUp, amount: amountMinor.toString() }), {
          ...topUp,
          amountMinor,
        });
        return answer.kind === 'not_found' ? unknown('http_404') : answer;
      }),
    find: (expected) =>
      orUnknown(async () => readTopUp(await ask('GET', `/v1/top-ups/${expected.reference}`), expected)),
  };
}

function readOperator(answer: Answer): OperatorAnswer {
  if (isNotFound(answer, 'operator_unknown')) return { kind: 'none' };
  if (answer.status !== 200) return unknown(`http_${answer.status}`, answer.retryAfterMs);
  const parsed = operatorBody.safeParse(answer.body);
  return parsed.success ? { kind: 'found', ...parsed.data } : unknown('malformed_answer');
}

function readTopUp(answer: Answer, expected: Expected): TopUpLookUp {
  if (isNotFound(answer, 'top_up_not_found')) return { kind: 'not_found' };
  if (answer.status !== 200 && answer.status !== 201) return unknown(`http_${answer.status}`, answer.retryAfterMs);
  const parsed = topUpBody.safeParse(answer.body);
  if (!parsed.success) return unknown('malformed_answer');
  const { id, reference, amount: sent, currency, status, failure } = parsed.data;
  if (reference !== expected.reference || sent !== expected.amountMinor || currency !== expected.currency)
    return unknown('answer_to_another_question');
  switch (status) {
    case 'delivered':
      return { kind: 'delivered', providerId: id };
    case 'failed':
      return failure === LOW_FLOAT ? { kind: 'low_float' } : { kind: 'refused', code: failure ?? 'failed' };
    case 'pending':
    case 'reversed':
      return { kind: status };
  }
}

/** A 404 that something in between made up says nothing. */
function isNotFound({ status, body }: Answer, code: string): boolean {
  return status === 404 && errorBody.safeParse(body).data?.error.code === code;
}

async function orUnknown<T>(work: () => Promise<T>): Promise<T | ReturnType<typeof unknown>> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof AirtimeMisuse) throw error;
    return unknown(error instanceof Error ? error.name : 'request_failed');
  }
}

const unknown = (cause: string, afterMs = 0) => ({ kind: 'unknown', cause, retryAfterMs: afterMs }) as const;

function retryAfterMs(headers: Headers): number {
  const seconds = Number(headers.get('retry-after') ?? 0);
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1_000 : 0;
}
