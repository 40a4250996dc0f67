import { describe, expect, it } from 'vitest';
import { KEY_WINDOW_MS, retryOutlook } from '../../domain/retry-outlook.ts';

const fresh = 1_000;

describe('what a retry would do', () => {
  it('is nothing where nobody has to decide', () => {
    const liveIntent = { says: 'not_found', ageMs: fresh } as const;
    expect(retryOutlook({ parked: false, liveIntent })).toEqual({ action: 'none', because: 'not_parked' });
  });

  it('is a new intent where the last one has ended', () => {
    expect(retryOutlook({ parked: true })).toEqual({ action: 'open_intent', because: 'last_intent_ended' });
  });

  it.each([
    ['succeeded', 'none', 'already_succeeded'],
    ['refused', 'none', 'provider_refused_it'],
    ['reversed', 'none', 'provider_reversed_it'],
    ['pending', 'repeat_intent', 'provider_works_on_it'],
    ['not_found', 'repeat_intent', 'never_arrived'],
    ['unreachable', 'repeat_intent', 'provider_unreachable'],
  ] as const)('of a live intent of which the provider says %s: %s', (says, action, because) => {
    expect(retryOutlook({ parked: true, liveIntent: { says, ageMs: fresh } })).toEqual({ action, because });
  });

  it.each([
    ['not_found', 'never_arrived_and_key_expired'],
    ['unreachable', 'provider_unreachable'],
  ] as const)('never repeats after the key window: %s', (says, because) => {
    const liveIntent = { says, ageMs: KEY_WINDOW_MS };
    expect(retryOutlook({ parked: true, liveIntent })).toEqual({ action: 'none', because });
  });
});
