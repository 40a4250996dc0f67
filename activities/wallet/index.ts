import type { Database } from '../../db/connect.ts';
import { foldAccountsActivities } from '../fold-accounts.ts';
import type { AlertsPort } from '../../providers/alerts/port.ts';
import { asActivities } from '../refusals.ts';
import { creditReleaseActivities } from './credit-release.ts';
import { disputeFundingActivities } from './dispute-funding.ts';
import { fundWalletActivities } from './fund-wallet.ts';
import { holdWalletActivities } from './hold-wallet.ts';
import { ownerSweepActivities } from '../owner-sweep.ts';
import type { WorkflowOwners } from '../workflow-owners.ts';
import { walletOwnerSources } from './owner-sweep.ts';
import { withdrawWalletActivities } from './withdraw-wallet.ts';

export interface WalletDependencies {
  readonly db: Database;
  readonly alerts: AlertsPort;
  readonly owners: WorkflowOwners;
  /** The least that the provider pays out, in minor units. */
  readonly payoutMinimumOf: (currency: string) => bigint;
}

export const createWalletActivities = ({ db, alerts, owners, payoutMinimumOf }: WalletDependencies) =>
  asActivities({
    ...fundWalletActivities(db),
    ...holdWalletActivities(db),
    ...creditReleaseActivities(db),
    ...foldAccountsActivities(db),
    ...disputeFundingActivities(db, alerts),
    ...withdrawWalletActivities(db, alerts, payoutMinimumOf),
    ...ownerSweepActivities({ owners, alerts, sources: walletOwnerSources(db) }),
  });

export type WalletActivities = ReturnType<typeof createWalletActivities>;
