import { heartbeat } from '@temporalio/activity';
import type { Database } from '../../db/connect.ts';
import type { AlertsPort } from '../../providers/alerts/port.ts';
import type { CardCodes } from '../../runtime/card-codes.ts';
import type { PayoutRulesOf } from '../../runtime/payout-rules.ts';
import { foldAccountsActivities } from '../fold-accounts.ts';
import { forgetKeysActivities } from '../forget-keys.ts';
import { asActivities } from '../refusals.ts';
import { authoriseGiftCardActivities } from './authorise-gift-card.ts';
import { assignGiftCardsActivities } from './assign-gift-cards.ts';
import { assignGiftCardActivities } from './assign-gift-card.ts';
import { bulkRetryActivities } from './bulk-retry.ts';
import { forgetHoldersActivities } from './forget-holders.ts';
import { freezeHostEscrowActivities } from './freeze-host-escrow.ts';
import { issueGiftCardsActivities } from './issue-gift-cards.ts';
import { ownerSweepActivities } from '../owner-sweep.ts';
import { reconciliationActivities, reconciliationOwnerSources, type ProviderFiles } from '../reconcile-provider.ts';
import { GIFTCARD_TASK_QUEUE } from '../../workflows/giftcard/contract.ts';
import { adoptInGiftcard } from './reconcile-provider.ts';
import type { WorkflowOwners } from '../workflow-owners.ts';
import { giftcardOwnerSources, settleLeftEscrows } from './owner-sweep.ts';
import { payoutLaneActivities } from './payout-lanes.ts';
import { payOutActivities, type PayOutDependencies } from './pay-out.ts';
import { paySettlementActivities } from './pay-settlement.ts';
import { refundRedemptionActivities } from './refund-redemption.ts';
import { releaseEscrowActivities } from './release-escrow.ts';
import { reserveEscrowActivities } from './reserve-escrow.ts';
import { settleBatchActivities } from './settle-batch.ts';
import { eraseOldPhones, telecomActivities, vendAirtimeActivities, type TelecomDependencies } from './vend-airtime.ts';
import type { VendPatience } from '../../workflows/giftcard/airtime.contract.ts';
import { waitingSettlements } from '../../db/giftcard/owner-sweep.ts';
import { wakePayoutsActivities } from '../wake-payouts.ts';

export interface GiftcardDependencies {
  readonly db: Database;
  readonly codes: CardCodes;
  readonly alerts: AlertsPort;
  readonly payoutRulesOf: PayoutRulesOf;
  readonly payments: PayOutDependencies['payments'];
  readonly owners: WorkflowOwners;
  readonly files: ProviderFiles;
  /** How long an airtime provider is asked before a person is. */
  readonly vendPatience: VendPatience;
}

export const createGiftcardActivities = ({
  db,
  codes,
  alerts,
  payoutRulesOf,
  payments,
  owners,
  files,
  vendPatience,
}: GiftcardDependencies) =>
  asActivities({
    ...foldAccountsActivities(db),
    ...forgetKeysActivities(db),
    ...reserveEscrowActivities(db),
    ...assignGiftCardActivities(db, codes),
    ...assignGiftCardsActivities(db, codes),
    ...forgetHoldersActivities(db),
    ...freezeHostEscrowActivities(db),
    ...refundRedemptionActivities(db, alerts),
    ...releaseEscrowActivities(db),
    ...issueGiftCardsActivities(db, codes),
    ...authoriseGiftCardActivities(db),
    ...payoutLaneActivities(db),
    ...payOutActivities({ db, payments, payoutRulesOf, heartbeat }),
    ...paySettlementActivities(db, alerts, payoutRulesOf),
    ...settleBatchActivities(db, payoutRulesOf),
    ...vendAirtimeActivities(db, alerts, vendPatience),
    ...bulkRetryActivities(db, owners),
    ...wakePayoutsActivities(owners, (page) => waitingSettlements(db, page)),
    ...reconciliationActivities({
      db,
      files,
      owners,
      alerts,
      taskQueue: GIFTCARD_TASK_QUEUE,
      heartbeat,
      kinds: ['transfer', 'reversal', 'fee'],
      adopt: adoptInGiftcard(db, owners),
    }),
    ...ownerSweepActivities({
      owners,
      alerts,
      sources: [...giftcardOwnerSources(db), ...reconciliationOwnerSources(db, GIFTCARD_TASK_QUEUE)],
      finish: async (input) => {
        await settleLeftEscrows(db, input);
        await eraseOldPhones(db, heartbeat);
      },
    }),
  });

export type GiftcardActivities = ReturnType<typeof createGiftcardActivities>;

/** On the queue `telecom`: so that whoever waits for the airtime provider holds up nothing else. */
export const createTelecomActivities = (deps: TelecomDependencies) => asActivities(telecomActivities(deps));

export type TelecomActivities = ReturnType<typeof createTelecomActivities>;
