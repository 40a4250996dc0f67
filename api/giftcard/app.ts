import { GIFTCARD_TASK_QUEUE } from '../../workflows/giftcard/contract.ts';
import type { Route } from '../http/define-route.ts';
import { auditBooksRoutes } from '../http/audit-books.ts';
import { payoutHaltRoutes } from '../http/payout-halts.ts';
import { financeAccountRoutes } from '../http/finance-accounts.ts';
import { financeReconciliationCaseRoutes } from '../http/finance-reconciliation-cases.ts';
import { financeReconciliationRoutes } from '../http/finance-reconciliations.ts';
import { financeAdjustmentRoutes } from '../http/finance-adjustments.ts';
import { assignGiftCardRoutes } from './assign-gift-card.ts';
import { authoriseGiftCardRoutes } from './authorise-gift-card.ts';
import { airtimeWebhookRoute } from './airtime-webhooks.ts';
import { bulkRetryRoutes } from './bulk-retry.ts';
import { cancelCardOrderRoute } from './cancel-card-order.ts';
import { cardOrderRoutes } from './card-orders.ts';
import type { GiftcardApi } from './dependencies.ts';
import { catalogueRoutes } from './catalogue.ts';
import { escrowReleaseRoutes } from './escrow-releases.ts';
import { explainSettlementRoutes } from './explain-settlement.ts';
import { financeRefundRoutes } from './finance-refunds.ts';
import { financeSettlementRoutes } from './finance-settlements.ts';
import { financeVendRoutes } from './finance-vends.ts';
import { freezeGiftCardRoutes } from './freeze-gift-card.ts';
import { giftCardRoutes } from './gift-cards.ts';
import { issueGiftCardsRoutes } from './issue-gift-cards.ts';
import { merchantRateRoutes } from './merchant-rates.ts';
import { merchantStatementRoutes } from './merchant-statement.ts';
import { merchantRoutes } from './merchants.ts';
import { paymentWebhookRoute } from './payment-webhooks.ts';
import { redeemGiftCardRoutes } from './redeem-gift-card.ts';
import { refundDecisionRoutes } from './refund-decisions.ts';
import { refundRedemptionRoutes } from './refund-redemption.ts';
import { settlementDecisionRoutes } from './settlement-decisions.ts';
import { settlementRunRoutes } from './settlement-runs.ts';
import { settlementRoutes } from './settlements.ts';
import { vendAirtimeRoutes } from './vend-airtime.ts';
import { vendByLinkRoutes } from './vend-by-link.ts';

/** Every call of the service. */
export const giftcardApiRoutes = (deps: GiftcardApi): Route[] => [
  ...merchantRoutes(deps),
  ...merchantStatementRoutes(deps),
  ...financeAccountRoutes(deps),
  ...auditBooksRoutes(deps, GIFTCARD_TASK_QUEUE),
  ...payoutHaltRoutes(deps, GIFTCARD_TASK_QUEUE),
  ...financeReconciliationRoutes(deps, GIFTCARD_TASK_QUEUE),
  ...financeReconciliationCaseRoutes(deps),
  ...financeAdjustmentRoutes(deps, 'merchant:receivable'),
  ...catalogueRoutes(deps),
  ...giftCardRoutes(deps),
  ...freezeGiftCardRoutes(deps),
  ...issueGiftCardsRoutes(deps),
  ...cardOrderRoutes(deps),
  cancelCardOrderRoute(deps),
  ...escrowReleaseRoutes(deps),
  ...assignGiftCardRoutes(deps),
  ...authoriseGiftCardRoutes(deps),
  ...redeemGiftCardRoutes(deps),
  ...vendAirtimeRoutes(deps),
  ...vendByLinkRoutes(deps),
  ...refundRedemptionRoutes(deps),
  ...refundDecisionRoutes(deps),
  ...settlementRoutes(deps),
  ...financeSettlementRoutes(deps),
  ...financeRefundRoutes(deps),
  ...financeVendRoutes(deps),
  ...bulkRetryRoutes(deps),
  ...settlementDecisionRoutes(deps),
  ...explainSettlementRoutes(deps),
  ...merchantRateRoutes(deps),
  ...settlementRunRoutes(deps),
  paymentWebhookRoute(deps),
  airtimeWebhookRoute(deps),
];
