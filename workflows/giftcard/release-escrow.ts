import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import * as wf from '@temporalio/workflow';
import type { GiftcardActivities } from '../../activities/giftcard/index.ts';
import { BATCH_ACTIVITY, DATABASE_ACTIVITY } from '../../temporal-config/activity-profiles.ts';
import { asOperation } from '../as-operation.ts';
import { GIVEAWAY_WALLET_ENDPOINT, giveawayWallet } from '../wallet/contract.ts';
import { RELEASE_ESCROW, releaseEscrowId, type EscrowReleaseView, type ReleaseEscrowInput } from './contract.ts';

const activities = wf.proxyActivities<GiftcardActivities>(DATABASE_ACTIVITY);
const { releaseExpired } = wf.proxyActivities<GiftcardActivities>(BATCH_ACTIVITY);

/**
 * Gives value back to the host who paid for it: it leaves this book, arrives in the host's, and is released then. Only
 * forward: from the first step on it is repeated until it holds.
 */
export const releaseEscrow = (input: ReleaseEscrowInput): Promise<EscrowReleaseView> =>
  asOperation(async () => {
    const wallet = wf.createNexusServiceClient({ endpoint: GIVEAWAY_WALLET_ENDPOINT, service: giveawayWallet });
    const release = await activities.releaseEscrow(input);
    wf.setCurrentDetails(
      `Release ${release.releaseId} (${release.reason}): ${release.cashMinor} ${release.currency} on their way back`,
    );
    await wallet.executeOperation('creditRelease', { ...release, requestId: input.requestId });
    return activities.completeRelease(input);
  });

/** A sweep: releases what has passed its deadline, and sees every release through. */
export async function sweepExpiredEscrow(): Promise<number> {
  const { workflowId } = wf.workflowInfo();
  const open = await releaseExpired({ actor: `workflow:${workflowId}`, requestId: workflowId });
  for (const releaseId of open) await startRelease(releaseId, workflowId);
  wf.setCurrentDetails(`${open.length} releases on their way`);
  return open.length;
}

async function startRelease(releaseId: string, requestId: string): Promise<void> {
  try {
    await wf.startChild(RELEASE_ESCROW, {
      workflowId: releaseEscrowId(releaseId),
      args: [{ releaseId, requestId } satisfies ReleaseEscrowInput],
      parentClosePolicy: 'ABANDON',
      staticSummary: `Release ${releaseId} of expired cards`,
    });
  } catch (error) {
    // An earlier sweep has started it, and it runs.
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
}
