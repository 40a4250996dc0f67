import { z } from 'zod';
import type { ProviderConnection } from './call.ts';
import type { SettlementFile, SettlementLine } from './port.ts';
import { fromStripeAmount } from './stripe-amounts.ts';
import { getFromStripe, listOf } from './stripe-call.ts';

const DAY_S = 24 * 3_600;
const PAGE = 100;

const source = z.object({
  id: z.string(),
  object: z.string(),
  transfer_group: z.string().nullish(),
  /** Of a reversal, and of a dispute: what it is about. */
  transfer: z.string().nullish(),
  charge: z.string().nullish(),
});
const transaction = z.object({
  id: z.string(),
  type: z.string(),
  amount: z.number().int(),
  fee: z.number().int(),
  currency: z.string(),
  created: z.number().int(),
  source: source.nullish(),
});
type Transaction = z.output<typeof transaction>;
const page = listOf(transaction);
const grouped = z.object({ transfer_group: z.string().nullish() });

/** Stripe has no file: a day's balance transactions say the same, a page at a time. */
export async function stripeSettlementFile(connection: ProviderConnection, date: string): Promise<SettlementFile> {
  const from = Date.parse(`${date}T00:00:00.000Z`) / 1_000;
  const first = await readPage(connection, from);
  return { final: first.now >= (from + DAY_S) * 1_000, lines: readLines(connection, from, first) };
}

interface Page {
  readonly transactions: readonly Transaction[];
  readonly more: boolean;
  /** By their clock. */
  readonly now: number;
}

async function readPage(connection: ProviderConnection, from: number, after?: string): Promise<Page> {
  const answer = await getFromStripe(connection, '/v1/balance_transactions', {
    'created[gte]': String(from),
    'created[lt]': String(from + DAY_S),
    limit: String(PAGE),
    'expand[]': 'data.source',
    ...(after ? { starting_after: after } : {}),
  });
  if (answer.kind === 'unknown') throw new Error(`Stripe does not give its balance transactions: ${answer.cause}`);
  const { data, has_more } = page.parse(answer.body);
  return { transactions: data, more: has_more, now: answer.now };
}

async function* readLines(connection: ProviderConnection, from: number, first: Page): AsyncGenerator<SettlementLine> {
  for (let current = first; ;) {
    for (const one of current.transactions) yield await toLine(connection, one);
    const last = current.transactions.at(-1);
    if (!current.more || !last) return;
    current = await readPage(connection, from, last.id);
  }
}

async function toLine(connection: ProviderConnection, one: Transaction): Promise<SettlementLine> {
  const amount = fromStripeAmount(one.amount, one.currency);
  return {
    reference: await referenceOf(connection, one),
    kind: kindOf(one),
    state: kindOf(one) === 'reversal' ? 'reversed' : 'succeeded',
    amountMinor: amount < 0n ? -amount : amount,
    feeMinor: fromStripeAmount(one.fee, one.currency),
    currency: one.currency.toUpperCase(),
    at: new Date(one.created * 1_000).toISOString(),
  };
}

function kindOf({ type, source }: Transaction): SettlementLine['kind'] {
  if (type === 'charge') return 'charge';
  if (type === 'transfer_refund' || source?.object === 'dispute') return 'reversal';
  return type.endsWith('fee') ? 'fee' : 'transfer';
}

/** A reversal and a dispute name what they are about; that carries our reference. */
async function referenceOf(connection: ProviderConnection, { source }: Transaction): Promise<string | null> {
  if (!source) return null;
  const about = source.transfer
    ? `/v1/transfers/${source.transfer}`
    : source.charge
      ? `/v1/charges/${source.charge}`
      : undefined;
  if (!about) return source.transfer_group ?? null;
  const answer = await getFromStripe(connection, about);
  if (answer.kind === 'unknown') throw new Error(`Stripe does not give ${about}: ${answer.cause}`);
  return grouped.parse(answer.body).transfer_group ?? null;
}
