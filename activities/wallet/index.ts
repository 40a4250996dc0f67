import { heartbeat } from '@temporalio/activity';
import type { Database } from '../../db/connect.ts';
import { foldAccountsActivities } from '../fold-accounts.ts';
import { forgetKeysActivities } from '../forget-keys.ts';
import type { AlertsPort } from '../../providers/alerts/port.ts';
import { asActivities } from '../refusals.ts';
import { creditReleaseActivities } from './credit-release.ts';
import { disputeFundingActivities } from './dispute-funding.ts';
import { waitingWithdrawals } from '../../db/wallet/owner-sweep.ts';
import { withdrawWalletId } from '../../workflows/wallet/contract.ts';
import { wakePayoutsActivities } from '../wake-payouts.ts';
import { fundWalletActivities } from './fund-wallet.ts';
import { holdWalletActivities } from './hold-wallet.ts';
import { ownerSweepActivities } from '../owner-sweep.ts';
import { reconciliationActivities, reconciliationOwnerSources, type ProviderFiles } from '../reconcile-provider.ts';
import { WALLET_TASK_QUEUE } from '../../workflows/wallet/contract.ts';
import { adoptInWallet } from './reconcile-provider.ts';
import type { WorkflowOwners } from '../workflow-owners.ts';
import { walletOwnerSources } from './owner-sweep.ts';
import { withdrawWalletActivities } from './withdraw-wallet.ts';

export interface WalletDependencies {
  readonly db: Database;
  readonly alerts: AlertsPort;
  readonly owners: WorkflowOwners;
  readonly files: ProviderFiles;
  /** The least that the provider pays out, in minor units. */
  readonly payoutMinimumOf: (currency: string) => bigint;
}

export const createWalletActivities = ({ db, alerts, owners, files, payoutMinimumOf }: WalletDependencies) =>
  asActivities({
    ...fundWalletActivities(db, alerts),
    ...holdWalletActivities(db),
    ...creditReleaseActivities(db),
    ...foldAccountsActivities(db),
    ...forgetKeysActivities(db),
    ...disputeFundingActivities(db, alerts),
    ...withdrawWalletActivities(db, alerts, payoutMinimumOf),
    ...wakePayoutsActivities(owners, async (page) =>
      (await waitingWithdrawals(db, page)).map((id) => ({ id, workflowId: withdrawWalletId(id) })),
    ),
    ...reconciliationActivities({
      db,
      files,
      owners,
      alerts,
      taskQueue: WALLET_TASK_QUEUE,
      heartbeat,
      kinds: ['charge'],
      adopt: adoptInWallet(db, owners),
    }),
    ...ownerSweepActivities({
      owners,
      alerts,
      sources: [...walletOwnerSources(db), ...reconciliationOwnerSources(db, WALLET_TASK_QUEUE)],
    }),
  });

export type WalletActivities = ReturnType<typeof createWalletActivities>;
