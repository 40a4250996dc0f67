import * as wf from '@temporalio/workflow';
import type { GiftcardActivities } from '../../activities/giftcard/index.ts';
import { BATCH_ACTIVITY, DATABASE_ACTIVITY, DATABASE_STEP } from '../../temporal-config/activity-profiles.ts';
import { keywords } from '../../temporal-config/search-attributes.ts';
import { Answer, refusalOf } from '../answer.ts';
import { Saga } from '../saga.ts';
import { GIVEAWAY_WALLET_ENDPOINT, giveawayWallet } from '../wallet/contract.ts';
import { AWAIT_ISSUED, ORDER_STATUS, type CardOrderView, type IssueGiftCardsInput } from './contract.ts';

const { placeCardOrder } = wf.proxyLocalActivities<GiftcardActivities>(DATABASE_STEP);
const { completeCardOrder, failCardOrder } = wf.proxyActivities<GiftcardActivities>(DATABASE_ACTIVITY);
const { reserveCardOrder, openOrderCards, voidCardOrder } = wf.proxyActivities<GiftcardActivities>(BATCH_ACTIVITY);

/**
 * Issues cards that a host pays for: hold the wallet, reserve the escrow and the cards, post the wallet (the pivot),
 * open the cards. What is refused before the pivot is undone at once; from the pivot on it only goes forward.
 */
export async function issueGiftCards(input: IssueGiftCardsInput): Promise<void> {
  const answer = new Answer<CardOrderView>();
  let step = 'placing the order';
  wf.setHandler(wf.defineQuery<string>(ORDER_STATUS), () => step);
  wf.setHandler(wf.defineUpdate<CardOrderView>(AWAIT_ISSUED), () => answer.wait());
  const say = (now: string): void => {
    step = now;
    wf.setCurrentDetails(`Order ${input.orderId} of ${input.count} cards: **${now}**`);
  };
  try {
    answer.give(await issue(input, say));
    say('issued');
    wf.upsertSearchAttributes(keywords({ State: 'ISSUED' }));
  } catch (error) {
    answer.refuse(refusalOf(error));
    say('refused');
    wf.upsertSearchAttributes(keywords({ State: 'FAILED' }));
  }
  await wf.condition(wf.allHandlersFinished);
}

async function issue(input: IssueGiftCardsInput, say: (step: string) => void): Promise<CardOrderView> {
  const { orderId, hostId, actor, requestId } = input;
  const wallet = wf.createNexusServiceClient({ endpoint: GIVEAWAY_WALLET_ENDPOINT, service: giveawayWallet });
  const hold = { publishId: orderId, actor, requestId };
  const order = await placeCardOrder(input);
  if (order.state === 'ISSUED') return order;
  const saga = new Saga();
  try {
    saga.willUndo('hold wallet', () => wallet.executeOperation('voidWalletHold', hold));
    say('holding the wallet');
    const grossMinor = (BigInt(order.faceMinor) * BigInt(order.count)).toString();
    const { fundingFeeMinor } = await wallet.executeOperation('holdWallet', {
      ...hold,
      hostId,
      giveawayId: null,
      currency: order.currency,
      grossMinor,
    });
    saga.willUndo('reserve escrow', () => voidCardOrder(input));
    say('reserving the escrow');
    await reserveCardOrder({ orderId, actor, requestId, fundingFeeMinor });
    say('posting the wallet');
    await wallet.executeOperation('postWalletHold', hold);
  } catch (error) {
    const refusal = wf.isCancellation(error) ? cancelled() : refusalOf(error);
    await saga.compensate();
    const failed = { orderId, actor, requestId, failureCode: refusal.type ?? 'internal_error' };
    await wf.CancellationScope.nonCancellable(() => failCardOrder(failed));
    throw refusal;
  }
  return wf.CancellationScope.nonCancellable(async () => {
    say('opening the cards');
    await openOrderCards({ orderId, actor, requestId, activate: input.activate });
    return completeCardOrder({ orderId, actor, requestId });
  });
}

const cancelled = (): wf.ApplicationFailure =>
  wf.ApplicationFailure.nonRetryable('The order was cancelled before it was paid.', 'order_cancelled');
