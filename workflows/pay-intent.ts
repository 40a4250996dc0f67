import { ActivityFailure, log, patched, proxyActivities, sleep } from '@temporalio/workflow';
import { SETTLEMENT_FILES } from '../temporal-config/activity-profiles.ts';
import { PAYMENTS_TASK_QUEUE, type PaymentResult, type PaymentsActivities } from './payments/contract.ts';

const { searchSettlementFiles } = proxyActivities<PaymentsActivities>({
  ...SETTLEMENT_FILES,
  taskQueue: PAYMENTS_TASK_QUEUE,
  summary: 'our reference in the provider’s settlement files',
});

export type PaidIntent =
  | { readonly kind: 'succeeded'; readonly providerId: string; readonly feeMinor: string }
  /** Carried out, for this fee, and it has come back already. */
  | { readonly kind: 'reversed'; readonly providerId: string; readonly feeMinor: string }
  | { readonly kind: 'refused'; readonly code: string; readonly message: string }
  | { readonly kind: 'unresolved'; readonly cause: string };

export interface PayIntentOptions {
  readonly intentId: string;
  /** When the intent was first sent, by the database's clock: the provider's key window is counted from there. */
  readonly firstSentAt: string;
  /** What the provider said when the intent was sent, where it has been sent already. */
  readonly first?: PaymentResult;
  /** Sends the intent under its own id as key, or says that the key window is over. */
  readonly send: () => Promise<PaymentResult>;
  /** Asks the provider for the intent by our reference. */
  readonly find: () => Promise<PaymentResult>;
  /** Resolves when the provider has told us something about this intent, e.g. by a webhook. */
  readonly hint?: (timeoutMs: number) => Promise<unknown>;
}

/** The code of an intent that never reached the provider, by its own books: the next one may be made. */
export const NEVER_ARRIVED = 'never_arrived';

/** Waits between look-ups while the answer is open; the last one is repeated. */
const LOOK_UP_DELAYS_MS = [1_000, 5_000, 15_000, 30_000, 60_000, 120_000, 300_000, 900_000, 3_600_000] as const;

/** After this long without a definite answer a person has to look. */
const GIVE_UP_MS = 24 * 3_600_000;

/** Nothing is sent again after this, however long the provider remembers its keys; whoever sends knows the adapter's window. */
const LONGEST_KEY_WINDOW_MS = 24 * 3_600_000;

/**
 * Brings one intent to its end at the provider. An ambiguous answer is followed by a look-up, never by a new intent.
 * `not found` is not failure: the same intent is sent again while the provider still knows its key; afterwards only the
 * provider's settlement files can say that it never arrived, and where they do not, a person has to look.
 */
export async function payIntent(options: PayIntentOptions): Promise<PaidIntent> {
  const ageMs = (): number => Date.now() - Date.parse(options.firstSentAt);
  let windowOver = ageMs() >= LONGEST_KEY_WINDOW_MS;
  let result = options.first ?? (await (windowOver ? options.find() : options.send()));
  for (let attempt = 0; ; attempt++) {
    if (result.kind === 'window_over') {
      windowOver = true;
      result = await options.find();
    }
    const end = ended(result);
    if (end) return end;
    if (result.kind === 'not_found' && windowOver) return askSettlementFiles(options);
    if (ageMs() > GIVE_UP_MS) return { kind: 'unresolved', cause: describe(result) };
    await waitForMore(result, attempt, options);
    result = await options.find();
    if (result.kind === 'not_found') {
      windowOver = ageMs() > LONGEST_KEY_WINDOW_MS;
      if (!windowOver) result = await options.send();
    }
  }
}

/**
 * Asks once about an intent that a person has to look at. The provider's key window is over: nothing is sent again.
 * @returns `unresolved` where there is still no end.
 */
export async function lookUpParked(
  intent: Pick<PayIntentOptions, 'intentId' | 'firstSentAt' | 'find'>,
): Promise<PaidIntent> {
  const result = await intent.find();
  const end = ended(result);
  if (end) return end;
  return result.kind === 'not_found' ? askSettlementFiles(intent) : { kind: 'unresolved', cause: describe(result) };
}

/**
 * Asks until the provider says something definite of a payment that it has told us about, for a day at most: its
 * look-ups may lag behind its messages.
 */
export async function lookUpUntilKnown(find: () => Promise<PaymentResult>): Promise<PaymentResult> {
  const startedAt = Date.now();
  let found = await find();
  for (let attempt = 0; isOpen(found) && Date.now() - startedAt < GIVE_UP_MS; attempt++) {
    await waitForMore(found, attempt, {});
    found = await find();
  }
  return found;
}

async function waitForMore(result: PaymentResult, attempt: number, { hint }: Pick<PayIntentOptions, 'hint'>) {
  const delay = LOOK_UP_DELAYS_MS[Math.min(attempt, LOOK_UP_DELAYS_MS.length - 1)] ?? GIVE_UP_MS;
  log.info('payment open', { result: result.kind, lookUpInMs: delay });
  const quietMs = result.kind === 'unknown' ? (result.retryAfterMs ?? 0) : 0;
  // A provider that wants to be left alone is left alone, whatever it tells us meanwhile.
  if (quietMs > 0) await sleep(quietMs);
  if (delay > quietMs) await (hint ? hint(delay - quietMs) : sleep(delay - quietMs));
}

/** The provider finds nothing, and no longer knows the key: what its files of that time say decides. */
async function askSettlementFiles({
  intentId,
  firstSentAt,
}: Pick<PayIntentOptions, 'intentId' | 'firstSentAt'>): Promise<PaidIntent> {
  // Before they were asked, a person had to.
  if (!patched('settlement-files-decide')) return { kind: 'unresolved', cause: 'not_found_after_key_window' };
  try {
    switch (await searchSettlementFiles({ intentId, firstSentAt })) {
      case 'lacking':
        return { kind: 'refused', code: NEVER_ARRIVED, message: 'The provider’s settlement files lack the payment.' };
      case 'listed':
        return { kind: 'unresolved', cause: 'listed_but_not_found' };
      case 'not_final':
        return { kind: 'unresolved', cause: 'not_found_after_key_window' };
    }
  } catch (error) {
    if (!(error instanceof ActivityFailure)) throw error;
    return { kind: 'unresolved', cause: 'settlement_files_unreadable' };
  }
}

const isOpen = ({ kind }: PaymentResult): boolean =>
  kind === 'pending' || kind === 'not_found' || kind === 'unknown' || kind === 'window_over';

function ended(result: PaymentResult): PaidIntent | undefined {
  switch (result.kind) {
    case 'succeeded':
    case 'refused':
      return result;
    case 'reversed':
      // Runs that are older than the rule have taken it for a refusal.
      if (patched('reversed-was-paid')) return result;
      return { kind: 'refused', code: 'reversed', message: 'The provider reversed the payment.' };
    case 'pending':
    case 'not_found':
    case 'unknown':
    case 'window_over':
      return undefined;
  }
}

const describe = (result: PaymentResult): string => (result.kind === 'unknown' ? result.cause : result.kind);
