import { z } from 'zod';
import {
  callProvider,
  malformed,
  requireProperUse,
  type ProviderAnswer,
  type ProviderCall,
  type ProviderConnection,
} from './call.ts';
import {
  PaymentsMisuse,
  POOL_SHORT,
  type NewPayment,
  type PaymentLookUp,
  type PaymentOutcome,
  type PaymentsPort,
} from './port.ts';
import { httpSettlementFile } from './settlement-file.ts';

export interface HttpPaymentsOptions extends ProviderConnection {
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

/** Codes that say definitely that nothing moved; what another one means is found out by a look-up. */
const REFUSALS = new Set([
  'account_closed',
  'account_restricted',
  'card_declined',
  'insufficient_funds',
  'invalid_request',
]);

/** The provider's HTTP API. Only an answer of the documented shape is believed; everything else is unknown. */
export function httpPayments(options: HttpPaymentsOptions): PaymentsPort {
  const create = async (
    path: string,
    { intentId, amountMinor, currency }: NewPayment,
    rest: object,
  ): Promise<PaymentOutcome> => {
    const body = JSON.stringify({ reference: intentId, amount: amountMinor.toString(), currency, ...rest });
    const headers = { 'content-type': 'application/json', 'idempotency-key': intentId };
    return toOutcome(await callProvider(options, { method: 'POST', path, headers, body }));
  };
  const find = async (path: string, intentId: string): Promise<PaymentLookUp> => {
    const answer = await callProvider(options, get(`${path}?reference=${encodeURIComponent(intentId)}`));
    if (answer.kind === 'unknown') return answer;
    requireProperUse(answer.status, 'to a look-up');
    const parsed = list.safeParse(answer.body);
    if (answer.status !== 200 || !parsed.success) return malformed(answer.status);
    // Of several under one reference the one that moved money counts.
    const found = parsed.data.data.find(({ status }) => status !== 'failed') ?? parsed.data.data[0];
    return found ? fromPayment(found) : { kind: 'not_found' };
  };
  const poolBalance = async (currency: string): Promise<bigint> => {
    const answer = await callProvider(options, get(`/v1/accounts/${options.poolAccount}`));
    if (answer.kind === 'unknown') throw new Error(`The provider does not say its balance: ${answer.cause}`);
    return BigInt(balances.parse(answer.body).balances[currency] ?? '0');
  };
  return {
    keyWindowMs: options.keyWindowMs,
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
    poolBalance,
    poolAvailable: poolBalance,
    settlementFile: (date) => httpSettlementFile(options, date),
  };
}

const get = (path: string): ProviderCall => ({ method: 'GET', path });

/** Of a transfer the paying account is ours. */
const asTransfer = <T extends PaymentLookUp>(outcome: T): T =>
  outcome.kind === 'refused' && outcome.code === 'insufficient_funds' ? { ...outcome, code: POOL_SHORT } : outcome;

const REFUSED = new Set([400, 402, 422]);

function toOutcome(answer: ProviderAnswer): PaymentOutcome {
  if (answer.kind === 'unknown') return answer;
  const { status } = answer;
  const parsed = payment.safeParse(answer.body);
  if (status < 300 && parsed.success) return fromPayment(parsed.data);
  const refused = refusal.safeParse(answer.body);
  const code = refused.data?.error.code ?? '';
  requireProperUse(status, code);
  if (status === 409) throw new PaymentsMisuse(`The provider answered 409 ${code}`);
  if (!REFUSED.has(status) || !refused.success) return malformed(status);
  if (!REFUSALS.has(code)) return { kind: 'unknown', cause: `refused with ${code}` };
  return { kind: 'refused', ...refused.data.error };
}

function fromPayment({ id, status, fee, failureCode }: z.output<typeof payment>): PaymentOutcome {
  switch (status) {
    case 'succeeded':
    case 'reversed':
      // Final only with its fee: until it is reported nobody can book it.
      return fee === null
        ? { kind: 'pending', providerId: id }
        : { kind: status, providerId: id, feeMinor: BigInt(fee) };
    case 'pending':
      return { kind: 'pending', providerId: id };
    case 'failed':
      return { kind: 'refused', code: failureCode ?? 'failed', message: 'The provider refused the payment.' };
  }
}
