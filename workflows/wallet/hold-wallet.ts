import { proxyActivities } from '@temporalio/workflow';
import type { WalletActivities } from '../../activities/wallet/index.ts';
import { DATABASE_ACTIVITY } from '../../temporal-config/activity-profiles.ts';
import { asOperation } from '../as-operation.ts';
import type { HeldWallet, HoldWalletInput, WalletHoldRef } from './contract.ts';

const activities = proxyActivities<WalletActivities>(DATABASE_ACTIVITY);

export const holdWallet = (input: HoldWalletInput): Promise<HeldWallet> =>
  asOperation(() => activities.holdWallet(input));

export const postWalletHold = (input: WalletHoldRef): Promise<void> =>
  asOperation(() => activities.postWalletHold(input));

export const voidWalletHold = (input: WalletHoldRef): Promise<void> =>
  asOperation(() => activities.voidWalletHold(input));
