import type { Database } from '../../db/connect.ts';
import { foldAccountsActivities } from '../fold-accounts.ts';
import { asActivities } from '../refusals.ts';
import { creditReleaseActivities } from './credit-release.ts';
import { fundWalletActivities } from './fund-wallet.ts';
import { holdWalletActivities } from './hold-wallet.ts';

export const createWalletActivities = ({ db }: { db: Database }) =>
  asActivities({
    ...fundWalletActivities(db),
    ...holdWalletActivities(db),
    ...creditReleaseActivities(db),
    ...foldAccountsActivities(db),
  });

export type WalletActivities = ReturnType<typeof createWalletActivities>;
