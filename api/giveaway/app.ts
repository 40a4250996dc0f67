import { WALLET_TASK_QUEUE } from '../../workflows/wallet/contract.ts';
import type { Route } from '../http/define-route.ts';
import { auditBooksRoutes } from '../http/audit-books.ts';
import { payoutHaltRoutes } from '../http/payout-halts.ts';
import { financeAccountRoutes } from '../http/finance-accounts.ts';
import { financeReconciliationCaseRoutes } from '../http/finance-reconciliation-cases.ts';
import { financeReconciliationRoutes } from '../http/finance-reconciliations.ts';
import { financeAdjustmentRoutes } from '../http/finance-adjustments.ts';
import { cancelGiveawayRoute } from './cancel-giveaway.ts';
import { claimAwardRoutes } from './claim-award.ts';
import { claimInstantWinRoutes } from './claim-instant-win.ts';
import { claimLinkRoutes } from './claim-link.ts';
import { declineAwardRoute } from './decline-award.ts';
import { deliverPrizeRoutes } from './deliver-prize.ts';
import type { GiveawayApi } from './dependencies.ts';
import { controlWalletRoute } from './control-wallet.ts';
import { disputeFundingRoutes } from './dispute-funding.ts';
import { drawByHandRoute } from './draw-by-hand.ts';
import { exportEntriesRoute } from './export-entries.ts';
import { exportWinnersRoutes } from './export-winners.ts';
import { giveawayFunnelRoute } from './giveaway-funnel.ts';
import { editGiveawayRoute } from './edit-giveaway.ts';
import { moveDeadlineRoutes } from './move-deadline.ts';
import { officialRulesRoutes } from './official-rules.ts';
import { pauseGiveawayRoutes } from './pause-giveaway.ts';
import { enterGiveawayRoute } from './enter-giveaway.ts';
import { entryRoutes } from './entries.ts';
import { financeFundingRoutes } from './finance-fundings.ts';
import { financeWithdrawalRoutes } from './finance-withdrawals.ts';
import { fundWalletRoutes } from './fund-wallet.ts';
import { giveawayRoutes } from './giveaways.ts';
import { identityRoutes } from './identity-routes.ts';
import type { IdentityDependencies } from './issue-tokens.ts';
import { leaderboardRoutes } from './leaderboard.ts';
import { paymentWebhookRoute } from './payment-webhooks.ts';
import { prizeUnitsRoute } from './prize-groups.ts';
import { proofRoutes } from './proofs.ts';
import { publishGiveawayRoute } from './publish-giveaway.ts';
import { walletRoutes } from './wallets.ts';
import { walletStatementRoutes } from './wallet-statement.ts';
import { withdrawWalletRoutes } from './withdraw-wallet.ts';
import { withdrawalDecisionRoutes } from './withdrawal-decisions.ts';
import { rejectDisqualificationRoute } from './reject-disqualification.ts';
import { verifyAwardRoute } from './verify-award.ts';
import { reviewParticipantsRoutes } from './review-participants.ts';

/** Every call of the service. */
export const giveawayApiRoutes = (deps: GiveawayApi & IdentityDependencies): Route[] => [
  ...identityRoutes(deps),
  ...fundWalletRoutes(deps),
  ...walletRoutes(deps),
  ...walletStatementRoutes(deps),
  ...withdrawWalletRoutes(deps),
  ...financeFundingRoutes(deps),
  ...financeWithdrawalRoutes(deps),
  ...withdrawalDecisionRoutes(deps),
  controlWalletRoute(deps),
  ...disputeFundingRoutes(deps),
  ...financeAccountRoutes(deps),
  ...auditBooksRoutes(deps, WALLET_TASK_QUEUE),
  ...payoutHaltRoutes(deps, WALLET_TASK_QUEUE),
  ...financeReconciliationRoutes(deps, WALLET_TASK_QUEUE),
  ...financeReconciliationCaseRoutes(deps),
  ...financeAdjustmentRoutes(deps, 'host:receivable'),
  ...giveawayRoutes(deps),
  prizeUnitsRoute(deps),
  ...proofRoutes(deps),
  publishGiveawayRoute(deps),
  cancelGiveawayRoute(deps),
  drawByHandRoute(deps),
  editGiveawayRoute(deps),
  ...pauseGiveawayRoutes(deps),
  ...moveDeadlineRoutes(deps),
  ...officialRulesRoutes(deps),
  ...exportWinnersRoutes(deps),
  exportEntriesRoute(deps),
  giveawayFunnelRoute(deps),
  enterGiveawayRoute(deps),
  ...entryRoutes(deps),
  ...leaderboardRoutes(deps),
  ...claimInstantWinRoutes(deps),
  ...reviewParticipantsRoutes(deps),
  ...claimAwardRoutes(deps),
  ...claimLinkRoutes(deps),
  declineAwardRoute(deps),
  ...deliverPrizeRoutes(deps),
  verifyAwardRoute(deps),
  rejectDisqualificationRoute(deps),
  paymentWebhookRoute(deps),
];
