import type { Database } from '../../db/connect.ts';
import { foldAccountsActivities } from '../fold-accounts.ts';
import type { AlertsPort } from '../../providers/alerts/port.ts';
import { asActivities } from '../refusals.ts';
import { creditReleaseActivities } from './credit-release.ts';
import { disputeFundingActivities } from './dispute-funding.ts';
import { fundWalletActivities } from './fund-wallet.ts';
import { holdWalletActivities } from './hold-wallet.ts';
import { withdrawWalletActivities } from './withdraw-wallet.ts';

export interface WalletDependencies {
  readonly db: Database;
  readonly alerts: AlertsPort;
  /** The least that the provider pays out, in minor units. */
  readonly payoutMinimumOf: (currency: string) => bigint;
}

export const createWalletActivities = ({ db, alerts, payoutMinimumOf }: WalletDependencies) =>
  asActivities({
    ...fundWalletActivities(db),
    ...holdWalletActivities(db),
    ...creditReleaseActivities(db),
    ...foldAccountsActivities(db),
    ...disputeFundingActivities(db, alerts),
    ...withdrawWalletActivities(db, alerts, payoutMinimumOf),
  });

export type WalletActivities = ReturnType<typeof createWalletActivities>;
