import { heartbeat } from '@temporalio/activity';
import { parseMinor } from '../../domain/money.ts';
import type { PaymentLookUp, PaymentsPort } from '../../providers/payments/port.ts';
import type { PaymentResult, PaymentsActivities } from '../../workflows/payments/contract.ts';
import { searchSettlementFiles } from './search-settlement-files.ts';

/** Of the key window this much is used: clocks differ, and a call takes its time. */
const SAFE_PART = 23 / 24;

/** Calls to the payment provider. They write nothing of ours, so the same queue serves both namespaces. */
export function createPaymentsActivities(payments: PaymentsPort, platformAccount: string): PaymentsActivities {
  /**
   * Decided here and not by the workflow: a task may lie for hours until a worker takes it, and is tried again and again.
   * After the window the provider would take the same key for a new payment.
   */
  const send = async (firstSentAt: string, call: () => Promise<PaymentLookUp>): Promise<PaymentResult> =>
    Date.now() - Date.parse(firstSentAt) < payments.keyWindowMs * SAFE_PART
      ? toResult(await call())
      : { kind: 'window_over' };
  return {
    sendCharge: ({ firstSentAt, amountMinor, ...charge }) =>
      send(firstSentAt, () => payments.createCharge({ ...charge, amountMinor: parseMinor(amountMinor) })),
    findCharge: async ({ intentId }) => toResult(await payments.findCharge(intentId)),
    sendTransfer: ({ firstSentAt, amountMinor, destinationAccount = platformAccount, ...transfer }) =>
      send(firstSentAt, () =>
        payments.createTransfer({ ...transfer, amountMinor: parseMinor(amountMinor), destinationAccount }),
      ),
    poolCovers: async ({ currency, amountMinor }) =>
      (await payments.poolAvailable(currency)) >= parseMinor(amountMinor),
    findTransfer: async ({ intentId }) => toResult(await payments.findTransfer(intentId)),
    sendPullBack: ({ firstSentAt, amountMinor, ...pullBack }) =>
      send(firstSentAt, () => payments.createPullBack({ ...pullBack, amountMinor: parseMinor(amountMinor) })),
    findPullBack: async ({ intentId }) => toResult(await payments.findPullBack(intentId)),
    searchSettlementFiles: (input) => searchSettlementFiles(payments, input, heartbeat),
  };
}

const toResult = (outcome: PaymentLookUp): PaymentResult =>
  outcome.kind === 'succeeded' || outcome.kind === 'reversed'
    ? { ...outcome, feeMinor: outcome.feeMinor.toString() }
    : outcome;
