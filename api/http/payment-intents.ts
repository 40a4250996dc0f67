import { retryOutlook, type ProviderWord, type RetryOutlook } from '../../domain/retry-outlook.ts';
import { createPayments } from '../../providers/payments/adapter.ts';
import type { PaymentLookUp, PaymentsPort } from '../../providers/payments/port.ts';
import type { Config } from '../../runtime/config.ts';

/** A person waits for the page: what the provider does not say in time it does not say. */
const LOOK_UP_TIMEOUT_MS = 1_500;

/** The provider, for a look at what it says now. */
export const lookUpPayments = (config: Config<'payments'>): PaymentsPort =>
  createPayments({ ...config, PAYMENTS_TIMEOUT_MS: Math.min(config.PAYMENTS_TIMEOUT_MS, LOOK_UP_TIMEOUT_MS) });

export interface ProviderSays {
  readonly says: ProviderWord;
  readonly providerId: string | null;
  readonly feeMinor: string | null;
  /** Why it was refused, or why nobody can say. */
  readonly cause: string | null;
}

interface Intent {
  readonly intentId: string;
  readonly amountMinor: bigint;
  readonly state: string;
  readonly firstSentAt: Date;
}

export type PresentedIntent<I extends Intent = Intent> = Omit<I, 'amountMinor'> & {
  readonly amountMinor: string;
  /** Null where there are too many to ask about. */
  readonly provider: ProviderSays | null;
};

/** Intents of one payment that the provider is asked about; the newest. */
const ASKED_AT_ONCE = 6;

/** Intents, the newest last, with what the provider says of them now. */
export const presentIntents = <I extends Intent>(
  intents: readonly I[],
  find: (intentId: string) => Promise<PaymentLookUp>,
): Promise<PresentedIntent<I>[]> =>
  Promise.all(
    intents.map(async (intent, index) => ({
      ...intent,
      amountMinor: intent.amountMinor.toString(),
      provider: index < intents.length - ASKED_AT_ONCE ? null : await askProvider(find(intent.intentId)),
    })),
  );

/** What a retry would do with them. */
export function retryOf(
  parked: boolean,
  intents: readonly PresentedIntent[],
): RetryOutlook & { readonly intentId: string | null } {
  const live = intents.find(({ state }) => state !== 'FAILED_DEFINITE' && state !== 'REVERSED');
  const liveIntent = live && {
    says: live.provider?.says ?? 'unreachable',
    ageMs: Date.now() - live.firstSentAt.getTime(),
  };
  return { intentId: live?.intentId ?? null, ...retryOutlook({ parked, liveIntent }) };
}

/** What the provider says of a payment now, for people. */
async function askProvider(lookUp: Promise<PaymentLookUp>): Promise<ProviderSays> {
  const nothing = { providerId: null, feeMinor: null, cause: null };
  const found = await lookUp.catch((error: unknown): PaymentLookUp => ({ kind: 'unknown', cause: String(error) }));
  switch (found.kind) {
    case 'succeeded':
      return { ...nothing, says: 'succeeded', providerId: found.providerId, feeMinor: found.feeMinor.toString() };
    case 'pending':
    case 'reversed':
      return { ...nothing, says: found.kind, providerId: found.providerId };
    case 'refused':
      return { ...nothing, says: 'refused', cause: found.code };
    case 'not_found':
      return { ...nothing, says: 'not_found' };
    case 'unknown':
      return { ...nothing, says: 'unreachable', cause: found.cause };
  }
}
