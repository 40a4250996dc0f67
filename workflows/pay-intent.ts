import { log, sleep } from '@temporalio/workflow';
import type { PaymentResult } from './payments/contract.ts';

export type PaidIntent =
  | { readonly kind: 'succeeded'; readonly providerId: string; readonly feeMinor: string }
  | { readonly kind: 'refused'; readonly code: string; readonly message: string }
  | { readonly kind: 'unresolved'; readonly cause: string };

export interface PayIntentOptions {
  /** When the intent was first sent, by the database's clock: the provider's key window is counted from there. */
  readonly firstSentAt: string;
  /** How long the provider recognises a repeated key. */
  readonly keyWindowMs: number;
  /** What the provider said when the intent was sent, where it has been sent already. */
  readonly first?: PaymentResult;
  /** Sends the intent under its own id as key; safe to repeat within the key window. */
  readonly send: () => Promise<PaymentResult>;
  /** Asks the provider for the intent by our reference. */
  readonly find: () => Promise<PaymentResult>;
  /** Resolves when the provider has told us something about this intent, e.g. by a webhook. */
  readonly hint?: (timeoutMs: number) => Promise<unknown>;
}

/** Waits between look-ups while the answer is open; the last one is repeated. */
const LOOK_UP_DELAYS_MS = [1_000, 5_000, 15_000, 30_000, 60_000, 120_000, 300_000, 900_000, 3_600_000] as const;

/** After this long without a definite answer a person has to look. */
const GIVE_UP_MS = 24 * 3_600_000;

/**
 * Brings one intent to its end at the provider. An ambiguous answer is followed by a look-up, never by a new intent;
 * `not found` is not failure: the same intent is sent again, but only while the provider still knows its key.
 */
export async function payIntent(options: PayIntentOptions): Promise<PaidIntent> {
  const startedAt = Date.parse(options.firstSentAt);
  // Inside the key window a repeat under the same key is the same payment; after it only a look-up is safe.
  let result =
    options.first ?? (await (Date.now() - startedAt < options.keyWindowMs ? options.send() : options.find()));
  for (let attempt = 0; ; attempt++) {
    const end = ended(result);
    if (end) return end;
    const age = Date.now() - startedAt;
    if (age > GIVE_UP_MS) return { kind: 'unresolved', cause: describe(result) };
    const delay = LOOK_UP_DELAYS_MS[Math.min(attempt, LOOK_UP_DELAYS_MS.length - 1)] ?? GIVE_UP_MS;
    log.info('payment open', { result: result.kind, lookUpInMs: delay });
    await (options.hint ? options.hint(delay) : sleep(delay));
    result = await options.find();
    if (result.kind === 'not_found') {
      if (Date.now() - startedAt > options.keyWindowMs)
        return { kind: 'unresolved', cause: 'not_found_after_key_window' };
      result = await options.send();
    }
  }
}

function ended(result: PaymentResult): PaidIntent | undefined {
  switch (result.kind) {
    case 'succeeded':
      return result;
    case 'refused':
      return result;
    case 'reversed':
      return { kind: 'refused', code: 'reversed', message: 'The provider reversed the payment.' };
    case 'pending':
    case 'not_found':
    case 'unknown':
      return undefined;
  }
}

const describe = (result: PaymentResult): string => (result.kind === 'unknown' ? result.cause : result.kind);
