import { WorkflowNotFoundError } from '@temporalio/client';
import { receiveWebhook } from '../../db/platform/receive-webhook.ts';
import { findFundingOfCharge, findWithdrawalOfIntent } from '../../db/wallet/queries.ts';
import { DomainError } from '../../domain/errors.ts';
import type { PaymentWebhook } from '../../providers/payments/webhook.ts';
import { PROVIDER_CONFIRMED } from '../../workflows/payments/contract.ts';
import {
  DISPUTE_FUNDING,
  disputeFundingId,
  fundWalletId,
  RETURN_WITHDRAWAL,
  returnWithdrawalId,
  WALLET_TASK_QUEUE,
  withdrawWalletId,
  type DisputeFundingInput,
  type ReturnWithdrawalInput,
} from '../../workflows/wallet/contract.ts';
import { startWorkflow } from '../http/await-workflow.ts';
import { defineRoute, type Route } from '../http/define-route.ts';
import type { GiveawayApi } from './dependencies.ts';

/** What the provider tells us of a payment is a hint to look it up; that a charge is disputed, only a message says. */
export const paymentWebhookRoute = (deps: GiveawayApi): Route =>
  defineRoute({
    method: 'post',
    path: '/v1/webhooks/payments',
    summary: 'Messages of the payment provider',
    auth: 'public',
    responses: { 204: { description: 'Received' } },
    handler: async ({ headers, rawBody, requestId }) => {
      const webhook = deps.verifyPaymentWebhook({ headers, rawBody });
      await handle(deps, webhook, requestId);
      return { status: 204 };
    },
  });

/**
 * What starts something new is started before the message is remembered: were it lost in between, the provider's next
 * attempt would pass for a repeat.
 */
async function handle(deps: GiveawayApi, webhook: PaymentWebhook, requestId: string): Promise<void> {
  switch (webhook.kind) {
    case 'charge':
      if (await receiveWebhook(deps.db, webhook)) await hint(deps, fundWalletId(webhook.reference));
      return;
    case 'transfer': {
      const { reference: intentId, id } = webhook;
      const withdrawalId = await findWithdrawalOfIntent(deps.db, intentId);
      if (!withdrawalId) return;
      if (webhook.reversed) await lookIntoReturn(deps, { withdrawalId, intentId, requestId }, id);
      if (await receiveWebhook(deps.db, webhook)) await hint(deps, withdrawWalletId(withdrawalId));
      return;
    }
    case 'dispute': {
      const fundingId = await fundingOf(deps, webhook.charge);
      await openDispute(deps, { fundingId, amountMinor: webhook.amountMinor.toString(), requestId });
      await receiveWebhook(deps.db, { ...webhook, reference: fundingId });
      return;
    }
    case 'other':
  }
}

/** @throws DomainError funding_not_found: the provider tries again later, when the charge may be booked. */
async function fundingOf({ db }: GiveawayApi, charge: Disputed): Promise<string> {
  if ('reference' in charge) return charge.reference;
  const fundingId = await findFundingOfCharge(db, charge.providerId);
  if (!fundingId) throw new DomainError('funding_not_found', 'No funding has this charge yet.');
  return fundingId;
}

type Disputed = Extract<PaymentWebhook, { kind: 'dispute' }>['charge'];

async function hint({ temporal }: GiveawayApi, workflowId: string): Promise<void> {
  try {
    await temporal.workflow.getHandle(workflowId).signal(PROVIDER_CONFIRMED);
  } catch (error) {
    // Ended already, or not ours: nobody waits for the hint.
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  }
}

const lookIntoReturn = (
  { temporal, budgetMs }: GiveawayApi,
  input: ReturnWithdrawalInput,
  messageId: string,
): Promise<void> =>
  startWorkflow(temporal, {
    workflowType: RETURN_WITHDRAWAL,
    workflowId: returnWithdrawalId(input.withdrawalId, messageId),
    taskQueue: WALLET_TASK_QUEUE,
    args: [input],
    summary: `Payout ${input.intentId} of withdrawal ${input.withdrawalId} came back`,
    searchAttributes: { RequestId: input.requestId },
    memo: { requestId: input.requestId },
    budgetMs,
  });

const openDispute = ({ temporal, budgetMs }: GiveawayApi, input: DisputeFundingInput): Promise<void> =>
  startWorkflow(temporal, {
    workflowType: DISPUTE_FUNDING,
    workflowId: disputeFundingId(input.fundingId),
    taskQueue: WALLET_TASK_QUEUE,
    args: [input],
    summary: `The charge of funding ${input.fundingId} is disputed: ${input.amountMinor}`,
    searchAttributes: { RequestId: input.requestId },
    memo: { requestId: input.requestId },
    budgetMs,
  });
