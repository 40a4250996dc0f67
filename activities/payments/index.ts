import { parseMinor } from '../../domain/money.ts';
import type { PaymentLookUp, PaymentsPort } from '../../providers/payments/port.ts';
import type { PaymentResult, PaymentsActivities } from '../../workflows/payments/contract.ts';

/** Calls to the payment provider. They write nothing of ours, so the same queue serves both namespaces. */
export const createPaymentsActivities = (payments: PaymentsPort, platformAccount: string): PaymentsActivities => ({
  sendCharge: async (input) =>
    toResult(await payments.createCharge({ ...input, amountMinor: parseMinor(input.amountMinor) })),
  findCharge: async ({ intentId }) => toResult(await payments.findCharge(intentId)),
  sendTransfer: async (input) =>
    toResult(
      await payments.createTransfer({
        ...input,
        amountMinor: parseMinor(input.amountMinor),
        destinationAccount: input.destinationAccount ?? platformAccount,
      }),
    ),
  poolCovers: async ({ currency, amountMinor }) => (await payments.poolBalance(currency)) >= parseMinor(amountMinor),
  findTransfer: async ({ intentId }) => toResult(await payments.findTransfer(intentId)),
  sendPullBack: async (input) =>
    toResult(await payments.createPullBack({ ...input, amountMinor: parseMinor(input.amountMinor) })),
  findPullBack: async ({ intentId }) => toResult(await payments.findPullBack(intentId)),
});

const toResult = (outcome: PaymentLookUp): PaymentResult =>
  outcome.kind === 'succeeded' || outcome.kind === 'reversed'
    ? { ...outcome, feeMinor: outcome.feeMinor.toString() }
    : outcome;
