import { setTimeout as delay } from 'node:timers/promises';
import { readEndedIntents, type EndedIntent } from '../db/audit-books.ts';
import type { Books } from '../db/audit-mirrors.ts';
import type { Database, DatabaseName } from '../db/connect.ts';
import { auditRows, type CheckResult, type FoundRow } from '../db/ledger/invariants.ts';
import type { PaymentLookUp, PaymentsPort } from '../providers/payments/port.ts';

/** What is asked again before it counts: the provider and the books are not read at one moment. */
const LOOKS = 3;
const BETWEEN_LOOKS_MS = 2_000;

interface Part {
  readonly currency: string;
  readonly posted: bigint;
  readonly pending: bigint;
  readonly moved: bigint;
}

/** Of the last half minute: longer than an answer of the provider and a transaction take together. */
const CLEARING = `
  select a.currency, a.debits_posted - a.credits_posted as posted, a.debits_pending + a.credits_pending as pending,
    (select coalesce(sum(t.amount_minor), 0)::bigint from ledger_transfers t where t.created_at >= now() - interval '30 seconds'
      and a.id in (t.debit_account_id, t.credit_account_id)) as moved
  from ledger_balances a where a.type = 'provider:clearing'`;

/**
 * Both books' parts together are the pooled account at the provider. The provider is read first: what it has carried out
 * and the books have not posted is pending, and what they post meanwhile has just moved; either with a fee of its own.
 * Nobody can say at once whether a difference is a break or something the provider is about to tell (a dispute, a payout
 * that came back): it is late, and whoever records it makes a break of what does not go away.
 */
export async function checkProviderBalance(
  book: DatabaseName,
  books: Books,
  payments: PaymentsPort,
): Promise<CheckResult> {
  const rows: FoundRow[] = [];
  let inFlight = 0;
  const currencies = new Set([...(await parts(books)).keys()]);
  for (const currency of currencies) {
    for (let look = 1; ; look += 1) {
      const balance = await payments.poolBalance(currency);
      const { posted, pending, moved } = (await parts(books)).get(currency) ?? NOTHING;
      const difference = balance - posted;
      const explained = 2n * (pending + moved);
      if (difference <= explained && difference >= -explained) {
        if (difference !== 0n) inFlight += 1;
        break;
      }
      if (look < LOOKS) await delay(BETWEEN_LOOKS_MS);
      else {
        rows.push({ subject: currency, currency, verdict: 'late', facts: { differenceMinor: difference.toString() } });
        break;
      }
    }
  }
  return {
    name: PROVIDER_BALANCE,
    invariant: 'provider:clearing = the provider’s balance',
    book,
    checked: currencies.size,
    inFlight,
    late: rows.length,
    broken: 0,
    whole: true,
    rows,
  };
}

export const PROVIDER_BALANCE = 'provider.balance';

const NOTHING = { posted: 0n, pending: 0n, moved: 0n };

async function parts({ giveaway, giftcard }: Books): Promise<Map<string, typeof NOTHING>> {
  const totals = new Map<string, typeof NOTHING>();
  for (const db of [giveaway, giftcard]) {
    for (const { currency, posted, pending, moved } of await auditRows<Part>(db, CLEARING)) {
      const sum = totals.get(currency) ?? NOTHING;
      totals.set(currency, { posted: sum.posted + posted, pending: sum.pending + pending, moved: sum.moved + moved });
    }
  }
  return totals;
}

/** Look-ups that go out together. */
const AT_ONCE = 10;

export interface IntentOptions {
  readonly since: Date;
  readonly limit: number;
  /** Found before, and asked about again however long ago they ended. */
  readonly standing?: readonly string[] | undefined;
  readonly onStep: () => void;
}

/** What an ended intent says is what the provider says of it. */
export async function checkIntents(
  book: DatabaseName,
  db: Database,
  payments: PaymentsPort,
  { since, limit, standing = [], onStep }: IntentOptions,
): Promise<CheckResult> {
  const named = (ids: readonly string[]) => readEndedIntents(db, book, { since: new Date(0), limit: ids.length, ids });
  const latest = await readEndedIntents(db, book, { since, limit });
  const isLatest = new Set(latest.map(({ id }) => id));
  const ended = [...latest, ...(await named(standing.filter((id) => !isLatest.has(id))))];
  let suspects = await compare(ended, payments, onStep);
  if (suspects.some(({ verdict }) => verdict !== 'in_flight')) {
    // What has just come back is being booked: ours is read again, and the provider asked again.
    await delay(BETWEEN_LOOKS_MS);
    const ids = suspects.map(({ intent }) => intent.id);
    suspects = await compare(await named(ids), payments, onStep);
  }
  const rows = suspects.flatMap(({ intent, verdict, says }): FoundRow[] =>
    verdict === 'in_flight'
      ? []
      : [{ subject: intent.id, currency: intent.currency, verdict, facts: { ours: intent.state, provider: says } }],
  );
  return {
    name: PROVIDER_INTENTS,
    invariant: 'each ended intent = the provider’s truth',
    book,
    checked: ended.length,
    inFlight: suspects.length - rows.length,
    late: rows.filter(({ verdict }) => verdict === 'late').length,
    broken: rows.filter(({ verdict }) => verdict === 'broken').length,
    // What was found before is asked about in every run.
    whole: true,
    rows,
  };
}

export const PROVIDER_INTENTS = 'provider.intents';

interface Suspect {
  readonly intent: EndedIntent;
  readonly verdict: 'in_flight' | 'late' | 'broken';
  readonly says: PaymentLookUp['kind'];
}

async function compare(
  intents: readonly EndedIntent[],
  payments: PaymentsPort,
  onStep: () => void,
): Promise<Suspect[]> {
  const suspects: Suspect[] = [];
  for (let first = 0; first < intents.length; first += AT_ONCE) {
    const together = intents.slice(first, first + AT_ONCE).map(async (intent) => {
      const { kind: says } = await find(payments, intent);
      const verdict = judge(intent, says);
      if (verdict !== 'ok') suspects.push({ intent, verdict, says });
    });
    await Promise.all(together);
    onStep();
  }
  return suspects;
}

function find(payments: PaymentsPort, { id, kind }: EndedIntent): Promise<PaymentLookUp> {
  switch (kind) {
    case 'charge':
      return payments.findCharge(id);
    case 'transfer':
      return payments.findTransfer(id);
    case 'pull_back':
      return payments.findPullBack(id);
  }
}

function judge({ kind, state }: EndedIntent, says: PaymentLookUp['kind']): Suspect['verdict'] | 'ok' {
  if (says === 'unknown') return 'in_flight';
  switch (state) {
    case 'SUCCEEDED':
      // A payout came back: we are about to hear of it. A charge that its payer took back is a dispute, with a case.
      if (says === 'reversed') return kind === 'charge' ? 'ok' : 'late';
      return says === 'succeeded' ? 'ok' : 'broken';
    case 'REVERSED':
      return says === 'reversed' ? 'ok' : 'broken';
    case 'FAILED_DEFINITE':
      return says === 'succeeded' || says === 'pending' ? 'broken' : 'ok';
  }
}
