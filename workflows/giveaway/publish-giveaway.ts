import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import * as wf from '@temporalio/workflow';
import type { GiveawayActivities, PublishPlanView } from '../../activities/giveaway/index.ts';
import type { WalletActivities } from '../../activities/wallet/index.ts';
import { DATABASE_ACTIVITY, DATABASE_STEP } from '../../temporal-config/activity-profiles.ts';
import { Answer, refusalOf } from '../answer.ts';
import { GIFTCARD_ESCROW_ENDPOINT, giftcardEscrow } from '../giftcard/contract.ts';
import { keywords } from '../../temporal-config/search-attributes.ts';
import { Saga } from '../saga.ts';
import { WALLET_TASK_QUEUE } from '../wallet/contract.ts';
import {
  AWAIT_PUBLISHED,
  PUBLISH_STATUS,
  RUN_GIVEAWAY,
  runGiveawayId,
  type PublishedGiveaway,
  type PublishGiveawayInput,
} from './contract.ts';

const { planPublish } = wf.proxyLocalActivities<GiveawayActivities>(DATABASE_STEP);
const { beginPublish, completePublish, failPublish, readPublishPiece } =
  wf.proxyActivities<GiveawayActivities>(DATABASE_ACTIVITY);
const { holdWallet, postWalletHold, voidWalletHold } = wf.proxyActivities<WalletActivities>({
  ...DATABASE_ACTIVITY,
  taskQueue: WALLET_TASK_QUEUE,
});

/**
 * The finalization saga: hold the wallet, reserve the escrows, post the wallet (the pivot), post the escrows. What is
 * refused before the pivot is undone at once and changes no balance; from the pivot on it only goes forward.
 */
export async function publishGiveaway(input: PublishGiveawayInput): Promise<void> {
  const answer = new Answer<PublishedGiveaway>();
  let step = 'planning';
  wf.setHandler(wf.defineQuery<string>(PUBLISH_STATUS), () => step);
  wf.setHandler(wf.defineUpdate<PublishedGiveaway>(AWAIT_PUBLISHED), () => answer.wait());
  const say = (now: string): void => {
    step = now;
    wf.setCurrentDetails(`Publishing giveaway ${input.giveawayId}: **${now}**`);
  };
  try {
    const published = await pay(input, say);
    answer.give(published);
    await startRun(input);
    say('published');
  } catch (error) {
    answer.refuse(refusalOf(error));
    say('refused');
  }
  // Also after an operator has cancelled it: whoever asked for it is answered first.
  await wf.CancellationScope.nonCancellable(() => wf.condition(wf.allHandlersFinished));
}

async function pay(input: PublishGiveawayInput, say: (step: string) => void): Promise<PublishedGiveaway> {
  const { publishId, giveawayId, hostId, requestId } = input;
  const escrow = wf.createNexusServiceClient({ endpoint: GIFTCARD_ESCROW_ENDPOINT, service: giftcardEscrow });
  const ref = { reservationId: publishId, requestId };
  const saga = new Saga();
  const undoHold = (): void => saga.willUndo('hold wallet', () => voidWalletHold(input));
  const undoReserve = (): void => saga.willUndo('reserve escrow', () => escrow.executeOperation('voidEscrow', ref));
  let held: { readonly fundingFeeMinor: string } | undefined;
  let plan: PublishPlanView;
  let merchantOwnerIds: readonly string[] = [];
  try {
    if (input.again) {
      // An earlier run may have done all of this: where this one is refused, all of it is undone.
      undoHold();
      undoReserve();
    }
    plan = await planPublish(input);
    const { cards, currency, grossMinor } = plan;
    if (grossMinor === '0') return await publishUnpaid(input, currency);
    if (!input.again) undoHold();
    say('holding the wallet');
    held = await holdWallet({ ...input, currency, grossMinor });
    await beginPublish(input);
    if (!input.again) undoReserve();
    say('reserving the escrow');
    const reservation = await escrow.executeOperation('reserveEscrow', {
      ...ref,
      giveawayId,
      hostId,
      currency,
      grossMinor,
      fundingFeeMinor: held.fundingFeeMinor,
      cards,
      ...(plan.pieces ? { inPieces: true } : {}),
    });
    merchantOwnerIds = reservation.merchantOwnerIds ?? [];
    if (plan.pieces) merchantOwnerIds = await reservePieces(input, plan.pieces, held.fundingFeeMinor);
    say('posting the wallet');
    await postWalletHold(input);
  } catch (error) {
    const refusal = wf.isCancellation(error) ? cancelled() : refusalOf(error);
    // A definite refusal of the very first step: there is nothing to undo, and no row is left anywhere.
    if (held === undefined && !input.again && !wf.isCancellation(error)) throw refusal;
    await saga.compensate();
    await wf.CancellationScope.nonCancellable(() =>
      failPublish({ ...input, failureCode: refusal.type ?? 'internal_error' }),
    );
    throw refusal;
  }
  await wf.CancellationScope.nonCancellable(async () => {
    say('posting the escrow');
    await escrow.executeOperation('postEscrow', ref);
    await completePublish({ ...input, merchantOwnerIds });
  });
  const { grossMinor, currency } = plan;
  return { giveawayId, publishId, grossMinor, fundingFeeMinor: held.fundingFeeMinor, currency };
}

/** The host sends all of its prizes: there is no money to hold and no escrow. */
async function publishUnpaid(input: PublishGiveawayInput, currency: string): Promise<PublishedGiveaway> {
  const { giveawayId, publishId } = input;
  await beginPublish(input);
  await completePublish({ ...input, merchantOwnerIds: [] });
  return { giveawayId, publishId, grossMinor: '0', fundingFeeMinor: '0', currency };
}

/** The cards of a reservation that has too many for one message. @returns who owns the merchants. */
async function reservePieces(input: PublishGiveawayInput, pieces: number, fundingFeeMinor: string): Promise<string[]> {
  const { publishId, requestId } = input;
  const escrow = wf.createNexusServiceClient({ endpoint: GIFTCARD_ESCROW_ENDPOINT, service: giftcardEscrow });
  const owners = new Set<string>();
  for (let piece = 0; piece < pieces; piece += 1) {
    const read = await readPublishPiece({ ...input, fundingFeeMinor, piece });
    const { merchantOwnerIds = [] } = await escrow.executeOperation('reserveCards', {
      ...read,
      reservationId: publishId,
      last: piece === pieces - 1,
      requestId,
    });
    for (const ownerId of merchantOwnerIds) owners.add(ownerId);
  }
  return [...owners].toSorted();
}

const cancelled = (): wf.ApplicationFailure =>
  wf.ApplicationFailure.nonRetryable('The publish was cancelled by an operator.', 'publish_cancelled');

/** The long workflow outlives this one. Started by an earlier run of this publish: then it is there already. */
async function startRun({ giveawayId, actor, requestId, hostId }: PublishGiveawayInput): Promise<void> {
  try {
    await wf.startChild(RUN_GIVEAWAY, {
      workflowId: runGiveawayId(giveawayId),
      args: [{ giveawayId, actor, requestId }],
      parentClosePolicy: 'ABANDON',
      staticSummary: `Run giveaway ${giveawayId}`,
      memo: { requestId },
      typedSearchAttributes: keywords({ GiveawayId: giveawayId, HostId: hostId, RequestId: requestId }),
    });
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
}
