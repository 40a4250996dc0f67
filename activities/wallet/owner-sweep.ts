import type { Database } from '../../db/connect.ts';
import {
  untouchedDisputes,
  untouchedFundings,
  untouchedPublishHolds,
  untouchedWithdrawals,
} from '../../db/wallet/owner-sweep.ts';
import {
  GIVEAWAY_TASK_QUEUE,
  PUBLISH_GIVEAWAY,
  publishGiveawayId,
  type PublishGiveawayInput,
} from '../../workflows/giveaway/contract.ts';
import {
  DISPUTE_FUNDING,
  disputeFundingId,
  FUND_WALLET,
  fundWalletId,
  WALLET_TASK_QUEUE,
  WITHDRAW_WALLET,
  withdrawWalletId,
  type DisputeFundingInput,
  type FundWalletInput,
  type WithdrawWalletInput,
} from '../../workflows/wallet/contract.ts';
import { ownerSource, type OwnerSource } from '../owner-sweep.ts';

const taskQueue = WALLET_TASK_QUEUE;

export const walletOwnerSources = (db: Database): OwnerSource[] => [
  ownerSource(
    (page) => untouchedFundings(db, page),
    ({ id, amountMinor, hostId, ...charge }) => ({
      workflowType: FUND_WALLET,
      workflowId: fundWalletId(id),
      taskQueue,
      input: {
        ...charge,
        hostId,
        fundingId: id,
        amountMinor: amountMinor.toString(),
        actor: `workflow:${fundWalletId(id)}`,
      } satisfies FundWalletInput,
      summary: `Fund wallet of host ${hostId} with ${amountMinor} ${charge.currency}`,
      searchAttributes: { HostId: hostId },
    }),
  ),
  ownerSource(
    (page) => untouchedWithdrawals(db, page),
    ({ id, amountMinor, hostId, ...rest }) => ({
      workflowType: WITHDRAW_WALLET,
      workflowId: withdrawWalletId(id),
      taskQueue,
      input: {
        ...rest,
        hostId,
        withdrawalId: id,
        amountMinor: amountMinor.toString(),
        actor: `workflow:${withdrawWalletId(id)}`,
      } satisfies WithdrawWalletInput,
      summary: `Withdraw ${amountMinor} ${rest.currency} of host ${hostId}`,
      searchAttributes: { HostId: hostId },
    }),
  ),
  ownerSource(
    (page) => untouchedDisputes(db, page),
    ({ id, amountMinor, hostId, requestId }) => ({
      workflowType: DISPUTE_FUNDING,
      workflowId: disputeFundingId(id),
      taskQueue,
      input: { fundingId: id, amountMinor: amountMinor.toString(), requestId } satisfies DisputeFundingInput,
      summary: `The charge of funding ${id} is disputed: ${amountMinor}`,
      searchAttributes: { HostId: hostId },
    }),
  ),
  ownerSource(
    (page) => untouchedPublishHolds(db, page),
    ({ id, giveawayId, hostId, requestId }) => ({
      workflowType: PUBLISH_GIVEAWAY,
      workflowId: publishGiveawayId(id),
      taskQueue: GIVEAWAY_TASK_QUEUE,
      input: {
        giveawayId,
        hostId,
        publishId: id,
        again: true,
        actor: `workflow:${publishGiveawayId(id)}`,
        requestId,
      } satisfies PublishGiveawayInput,
      summary: `Publish giveaway ${giveawayId}`,
      searchAttributes: { GiveawayId: giveawayId, HostId: hostId },
    }),
  ),
];
