import * as nexus from 'nexus-rpc';
import {
  CREDIT_RELEASE,
  creditReleaseId,
  FIND_PAYOUTS,
  findPayoutsId,
  giveawayWallet,
  HOLD_WALLET,
  holdWalletId,
  POST_WALLET_HOLD,
  postWalletHoldId,
  VOID_WALLET_HOLD,
  voidWalletHoldId,
  type CreditReleaseInput,
  type FindPayoutsInput,
  type FoundPayouts,
  type HeldWallet,
  type HoldWalletInput,
  type WalletHoldRef,
} from '../../workflows/wallet/contract.ts';
import { backedBy } from '../backed-operation.ts';

export const walletNexusServices = [
  nexus.serviceHandler(giveawayWallet, {
    creditRelease: backedBy<CreditReleaseInput, void>({
      workflowType: CREDIT_RELEASE,
      workflowId: ({ releaseId }) => creditReleaseId(releaseId),
      summary: ({ releaseId, hostId }) => `Credit release ${releaseId} to host ${hostId}`,
      searchAttributes: ({ hostId }) => ({ HostId: hostId }),
    }),
    findPayouts: backedBy<FindPayoutsInput, FoundPayouts>({
      workflowType: FIND_PAYOUTS,
      workflowId: ({ pageId }) => findPayoutsId(pageId),
      summary: ({ references }) => `Look for ${references.length} payouts`,
    }),
    holdWallet: backedBy<HoldWalletInput, HeldWallet>({
      workflowType: HOLD_WALLET,
      workflowId: ({ publishId }) => holdWalletId(publishId),
      summary: ({ hostId, grossMinor, currency }) => `Hold ${grossMinor} ${currency} of host ${hostId}`,
      searchAttributes: ({ hostId }) => ({ HostId: hostId }),
    }),
    postWalletHold: backedBy<WalletHoldRef, void>({
      workflowType: POST_WALLET_HOLD,
      workflowId: ({ publishId }) => postWalletHoldId(publishId),
      summary: ({ publishId }) => `Post hold ${publishId}`,
    }),
    voidWalletHold: backedBy<WalletHoldRef, void>({
      workflowType: VOID_WALLET_HOLD,
      workflowId: ({ publishId }) => voidWalletHoldId(publishId),
      summary: ({ publishId }) => `Void hold ${publishId}`,
    }),
  }),
];
