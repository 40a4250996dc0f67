import type { Database } from '../../db/connect.ts';
import { completeLeg } from '../../db/giftcard/pay-settlement.ts';
import { parseMinor } from '../../domain/money.ts';
import { transferOf, type PaidOut, type PayOutInput } from '../../workflows/giftcard/settlement.contract.ts';
import type { PaymentsActivities } from '../../workflows/payments/contract.ts';
import type { PayoutRulesOf } from '../../runtime/payout-rules.ts';

export interface PayOutDependencies {
  readonly db: Database;
  readonly payments: Pick<PaymentsActivities, 'sendTransfer'>;
  readonly payoutRulesOf: PayoutRulesOf;
  readonly heartbeat: () => void;
}

/** Well within the profile's time-out. Most payouts are over by then: each heartbeat costs the server a write. */
const HEARTBEAT_MS = 4_000;

export const payOutActivities = ({ db, payments, payoutRulesOf, heartbeat }: PayOutDependencies) => ({
  /**
   * The legs of a settlement one after the other, while the provider says yes at once: each intent was written before,
   * and is completed in the transaction that writes the next. Anything but a yes is left to the workflow, which can wait.
   * Repeated it sends the same intents under the same keys.
   */
  payOut: async ({ step, ...settlement }: PayOutInput): Promise<PaidOut> => {
    const alive = setInterval(heartbeat, HEARTBEAT_MS);
    try {
      let next = step;
      while (next.state === 'SETTLING' && next.intent) {
        const { intentId } = next.intent;
        const result = await payments.sendTransfer(transferOf(next.intent, settlement.requestId));
        if (result.kind !== 'succeeded') return { step: next, result };
        const paid = { intentId, providerId: result.providerId, payoutFeeMinor: parseMinor(result.feeMinor) };
        next = await completeLeg(db, { ...settlement, ...paid, ...payoutRulesOf(settlement.currency) }, settlement);
      }
      return { step: next, result: null };
    } finally {
      clearInterval(alive);
    }
  },
});
