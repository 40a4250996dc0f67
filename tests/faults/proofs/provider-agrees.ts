import { query } from '../../../scripts/stack/postgres.ts';
import type { Stack } from '../../../scripts/stack/stack.ts';
import { providerOf, type Account, type Payment } from '../provider.ts';
import { rowsOf } from './rows.ts';

/** What a book believes of one call to the provider. */
interface Intent {
  readonly id: string;
  /** All intents of one leg together move money at most once. */
  readonly leg: string;
  readonly amount: bigint;
  readonly state: string;
}

const GIVEAWAY_INTENTS = `
  select id::text, 'funding ' || id as leg, amount_minor as amount, state from wallet_fundings
  union all
  select id::text, 'withdrawal ' || withdrawal_id, amount_minor, state from wallet_withdrawal_intents`;
const GIFTCARD_INTENTS = `
  select id::text, leg || ' leg of settlement ' || settlement_id as leg, amount_minor as amount, state from settlement_intents
  union all
  select id::text, 'refund ' || refund_id, amount_minor, state from refund_intents`;
/** Of the airtime provider, which moves none of this money. */
const AIRTIME_INTENTS = 'select id::text from airtime_intents';
/** Settlements whose platform was paid, with what was paid to the merchant; it may have come back since. */
const LEG_ORDER = `
  select p.id::text as platform, array_agg(m.id::text) as merchant from settlement_intents p
  join settlement_intents m on m.settlement_id = p.settlement_id and m.leg = 'merchant' and m.state in ('SUCCEEDED', 'REVERSED')
  where p.leg = 'platform' and p.state = 'SUCCEEDED' group by p.id`;
/** What a book believes to have at the provider. */
const CLEARING = `
  select currency, sum(debits_posted - credits_posted)::bigint as amount from ledger_balances where type = 'provider:clearing' group by currency`;

/**
 * Whether one of the books knows an intent of this id.
 * @returns true where nobody can say, because the database is down: that is somebody else's doing.
 */
export async function hasIntent({ environment }: Stack, id: string): Promise<boolean> {
  const ask = (name: string, intents: string): Promise<unknown[]> =>
    query(environment[`DATABASE_URL_${name}`] ?? '', `select 1 from (${intents}) i where i.id = '${id}'`);
  try {
    const found = await Promise.all([
      ask('GIVEAWAY', GIVEAWAY_INTENTS),
      ask('GIFTCARD', GIFTCARD_INTENTS),
      ask('GIFTCARD', AIRTIME_INTENTS),
    ]);
    return found.flat().length > 0;
  } catch {
    return true;
  }
}

const intentsOf = async (stack: Stack): Promise<Intent[]> => [
  ...(await rowsOf<Intent>(stack, 'GIVEAWAY', GIVEAWAY_INTENTS)),
  ...(await rowsOf<Intent>(stack, 'GIFTCARD', GIFTCARD_INTENTS)),
];

/** Everything in which our books and the provider's own records differ; with nothing in flight that is nothing. */
export async function providerAgrees(stack: Stack): Promise<string[]> {
  const intents = await intentsOf(stack);
  const { accounts, charges, transfers } = await providerOf(stack).truth();
  // The provider takes a reference once.
  const payments = new Map([...charges, ...transfers].map((payment) => [payment.reference, payment]));
  const order = await rowsOf<PaidLegs>(stack, 'GIFTCARD', LEG_ORDER);
  return [
    ...compare(intents, payments),
    ...unknownPayments(intents, payments),
    ...wrongOrder(order, payments),
    ...(await otherBalance(
      stack,
      accounts.find(({ id }) => id === stack.environment['PAYMENTS_POOL_ACCOUNT']),
    )),
  ];
}

/** Payments that came back, and of which no book knows that yet. */
export async function unheardReversals(stack: Stack): Promise<readonly string[]> {
  const { transfers } = await providerOf(stack).truth();
  const intents = await intentsOf(stack);
  const known = new Set(intents.filter(({ state }) => state === 'REVERSED').map(({ id }) => id));
  return transfers
    .filter(({ reference, status }) => status === 'reversed' && !known.has(reference))
    .map(({ reference }) => reference);
}

/** The pooled account, exactly: nothing is in flight. */
async function otherBalance(stack: Stack, pool: Account | undefined): Promise<string[]> {
  const believed = new Map<string, bigint>();
  for (const database of ['GIVEAWAY', 'GIFTCARD'] as const) {
    for (const { currency, amount } of await rowsOf<{ currency: string; amount: bigint }>(stack, database, CLEARING))
      believed.set(currency, (believed.get(currency) ?? 0n) + amount);
  }
  return [...believed].flatMap(([currency, amount]) => {
    const real = BigInt(pool?.balances[currency] ?? '0');
    return real === amount ? [] : [`the provider holds ${real} ${currency}, the books say ${amount}`];
  });
}

const MUST_BE: Readonly<Record<string, readonly (string | undefined)[]>> = {
  SUCCEEDED: ['succeeded'],
  REVERSED: ['reversed'],
  FAILED_DEFINITE: ['failed', undefined],
  FAILED: ['failed', undefined],
};

function compare(intents: readonly Intent[], payments: ReadonlyMap<string, Payment>): string[] {
  const problems: string[] = [];
  const effects = new Map<string, number>();
  for (const { id, leg, amount, state } of intents) {
    const payment = payments.get(id);
    const allowed = MUST_BE[state];
    if (!allowed)
      problems.push(`intent ${id} (${leg}) is still ${state}; the provider says ${payment?.status ?? 'nothing'}`);
    else if (!allowed.includes(payment?.status))
      problems.push(`intent ${id} (${leg}) is ${state}, but the provider says ${payment?.status ?? 'nothing'}`);
    if (payment && BigInt(payment.amount) !== amount)
      problems.push(`intent ${id} (${leg}) is over ${amount}, but the provider moved ${payment.amount}`);
    if (payment?.status === 'succeeded') effects.set(leg, (effects.get(leg) ?? 0) + 1);
  }
  for (const [leg, count] of effects) if (count > 1) problems.push(`${leg} was paid ${count} times`);
  return problems;
}

/** Money that was moved in our name, and of which no book knows. */
function unknownPayments(intents: readonly Intent[], payments: ReadonlyMap<string, Payment>): string[] {
  const known = new Set(intents.map(({ id }) => id));
  return [...payments.values()]
    .filter(({ reference, status }) => status === 'succeeded' && !known.has(reference))
    .map(
      ({ reference, amount, destination }) => `no book knows the payment ${reference} of ${amount} to ${destination}`,
    );
}

interface PaidLegs {
  readonly platform: string;
  readonly merchant: readonly string[];
}

function wrongOrder(order: readonly PaidLegs[], payments: ReadonlyMap<string, Payment>): string[] {
  const at = (id: string): string => payments.get(id)?.createdAt ?? '';
  return order
    .filter(({ merchant, platform }) => merchant.every((id) => at(platform) < at(id)))
    .map(({ platform }) => `the platform's leg ${platform} was paid before the merchant's`);
}
