import * as wf from '@temporalio/workflow';
import type { GiftcardActivities } from '../../activities/giftcard/index.ts';
import { DATABASE_ACTIVITY, PROVIDER_CALL } from '../../temporal-config/activity-profiles.ts';
import { payIntent } from '../pay-intent.ts';
import { PAYMENTS_TASK_QUEUE, type PaymentsActivities } from '../payments/contract.ts';

const { beginLeg, completeLeg, refuseLeg, markIntentUnknown } =
  wf.proxyActivities<GiftcardActivities>(DATABASE_ACTIVITY);
const { sendTransfer, findTransfer } = wf.proxyActivities<PaymentsActivities>({
  ...PROVIDER_CALL,
  taskQueue: PAYMENTS_TASK_QUEUE,
  summary: 'transfer at the payment provider',
});

/** How long the provider recognises a repeated idempotency key. */
const KEY_WINDOW_MS = 24 * 3_600_000;

export interface LegRef {
  readonly settlementId: string;
  readonly leg: 'merchant' | 'platform';
  readonly actor: string;
  readonly requestId: string;
}

export type LegOutcome = { readonly kind: 'done' } | { readonly kind: 'parked'; readonly reason: string };

/**
 * Pays one leg: intent and pending entry, the transfer under the intent's id, then post or void. A repeat finds the
 * live intent and goes on with it; only after a definite refusal a new one is made.
 */
export async function payLeg({ settlementId, leg, actor, requestId }: LegRef): Promise<LegOutcome> {
  const intent = await beginLeg({ settlementId, leg });
  if (!intent || intent.state === 'SUCCEEDED') return { kind: 'done' };
  const { intentId, amountMinor, currency, destinationAccount, firstSentAt } = intent;
  const paid = await payIntent({
    firstSentAt,
    keyWindowMs: KEY_WINDOW_MS,
    send: () =>
      sendTransfer({
        intentId,
        amountMinor,
        currency,
        requestId,
        ...(destinationAccount === null ? {} : { destinationAccount }),
      }),
    find: () => findTransfer({ intentId, requestId }),
  });
  switch (paid.kind) {
    case 'succeeded':
      await completeLeg({ intentId, providerId: paid.providerId, payoutFeeMinor: paid.feeMinor, actor, requestId });
      return { kind: 'done' };
    case 'refused':
      await refuseLeg({ intentId, failureCode: paid.code, actor, requestId });
      return { kind: 'parked', reason: paid.code };
    case 'unresolved':
      await markIntentUnknown(intentId);
      return { kind: 'parked', reason: paid.cause };
  }
}
