import * as wf from '@temporalio/workflow';
import type { GiveawayActivities } from '../../activities/giveaway/index.ts';
import { DATABASE_ACTIVITY, DATABASE_STEP } from '../../temporal-config/activity-profiles.ts';
import { Answer, refusalOf } from '../answer.ts';
import { GIFTCARD_CARDS_ENDPOINT, giftcardCards, type AssignGiftCardInput } from '../giftcard/contract.ts';
import {
  AWAIT_CLAIMED,
  AWARDS_FINISHED,
  CLAIM_STATUS,
  runGiveawayId,
  type ClaimAwardInput,
  type ClaimedAward,
} from './contract.ts';

const { claimAward: claim } = wf.proxyLocalActivities<GiveawayActivities>(DATABASE_STEP);
const { fulfilAward } = wf.proxyActivities<GiveawayActivities>(DATABASE_ACTIVITY);

/** Waits between attempts to assign a frozen card; after the last one, an hour each. */
const FROZEN_WAITS_MS = [1_000, 5_000, 30_000, 300_000, 900_000] as const;
const LONGEST_FROZEN_WAIT_MS = 3_600_000;

/**
 * Answers when the claim stands; then the card is made the winner's in the giftcard domain. Its code never comes here.
 * A claim on which a person decides ends here: once it is verified the sweep that fulfils awards takes it.
 */
export async function claimAward(input: ClaimAwardInput): Promise<void> {
  const answer = new Answer<ClaimedAward>();
  let status = 'claiming';
  wf.setHandler(wf.defineQuery<string>(CLAIM_STATUS), () => status);
  wf.setHandler(wf.defineUpdate<ClaimedAward>(AWAIT_CLAIMED), () => answer.wait());
  let claimed: ClaimedAward | undefined;
  try {
    claimed = await claim(input);
    answer.give(claimed);
  } catch (error) {
    answer.refuse(refusalOf(error));
    status = 'refused';
  }
  if (claimed?.waits) status = 'waits for a decision';
  else if (claimed?.cardId) {
    status = 'assigning';
    await assign(input, claimed.awardId, claimed.cardId);
    status = 'fulfilled';
  }
  await wf.condition(wf.allHandlersFinished);
}

/** The host's escrow may be frozen, because a charge of the host is disputed: the claim stands, and waits. */
async function assignWhenFree(card: AssignGiftCardInput): Promise<void> {
  const cards = wf.createNexusServiceClient({ endpoint: GIFTCARD_CARDS_ENDPOINT, service: giftcardCards });
  for (let attempt = 0; ; attempt += 1) {
    try {
      await cards.executeOperation('assignGiftCard', card);
      return;
    } catch (error) {
      if (refusalOf(error).type !== 'card_frozen') throw error;
    }
    wf.setCurrentDetails(`Claim of award ${card.awardId}: card ${card.cardId} is **frozen**; waits`);
    await wf.sleep(FROZEN_WAITS_MS[attempt] ?? LONGEST_FROZEN_WAIT_MS, { summary: 'until the card is not frozen' });
  }
}

async function assign(input: ClaimAwardInput, awardId: string, cardId: string): Promise<void> {
  const { participantId: assigneeId, requestId } = input;
  await assignWhenFree({ awardId, cardId, assigneeId, requestId });
  const { giveawayId, openAwards } = await fulfilAward(input);
  if (openAwards > 0) return;
  try {
    await wf.getExternalWorkflowHandle(runGiveawayId(giveawayId)).signal(AWARDS_FINISHED);
  } catch (error) {
    // It has ended by itself in the meantime: it looks at the rows on every wake-up.
    wf.log.info('giveaway has ended already', { giveawayId, error: String(error) });
  }
}
