/** What a retry of a parked payment would do, by what the provider says of its intent now. */

/** `unreachable` is an answer, too. */
export type ProviderWord = 'succeeded' | 'pending' | 'refused' | 'reversed' | 'not_found' | 'unreachable';

export interface RetryFacts {
  /** Whether a person has to decide. */
  readonly parked: boolean;
  /** Of the intent that has not ended; absent where the last one has ended, or none was opened. */
  readonly liveIntent?: { readonly says: ProviderWord; readonly ageMs: number } | undefined;
}

export interface RetryOutlook {
  readonly action: 'open_intent' | 'repeat_intent' | 'none';
  readonly because:
    | 'not_parked'
    | 'last_intent_ended'
    | 'already_succeeded'
    | 'provider_refused_it'
    | 'provider_reversed_it'
    | 'provider_works_on_it'
    | 'never_arrived'
    | 'never_arrived_and_key_expired'
    | 'provider_unreachable';
}

/** How long the provider recognises a repeated key: after it, the same intent is never sent again. */
export const KEY_WINDOW_MS = 24 * 3_600_000;

/**
 * A retry continues the live intent under its own key, or opens a new one where the last has ended. What has succeeded is
 * only booked; what the provider refused ends its intent, and the case parks again.
 */
export function retryOutlook({ parked, liveIntent }: RetryFacts): RetryOutlook {
  if (!parked) return { action: 'none', because: 'not_parked' };
  if (!liveIntent) return { action: 'open_intent', because: 'last_intent_ended' };
  const inWindow = liveIntent.ageMs < KEY_WINDOW_MS;
  switch (liveIntent.says) {
    case 'succeeded':
      return { action: 'none', because: 'already_succeeded' };
    case 'refused':
      return { action: 'none', because: 'provider_refused_it' };
    case 'reversed':
      return { action: 'none', because: 'provider_reversed_it' };
    case 'pending':
      return { action: 'repeat_intent', because: 'provider_works_on_it' };
    case 'not_found':
      return inWindow
        ? { action: 'repeat_intent', because: 'never_arrived' }
        : { action: 'none', because: 'never_arrived_and_key_expired' };
    case 'unreachable':
      return { action: inWindow ? 'repeat_intent' : 'none', because: 'provider_unreachable' };
  }
}
