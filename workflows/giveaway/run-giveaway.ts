import * as wf from '@temporalio/workflow';
import type { GiveawayActivities } from '../../activities/giveaway/index.ts';
import {
  BATCH_ACTIVITY,
  DATABASE_ACTIVITY,
  DATABASE_STEP,
  PROVIDER_CALL,
} from '../../temporal-config/activity-profiles.ts';
import { keywords } from '../../temporal-config/search-attributes.ts';
import { refusalOf } from '../answer.ts';
import { GIFTCARD_ESCROW_ENDPOINT, giftcardEscrow } from '../giftcard/contract.ts';
import {
  AWARDS_FINISHED,
  CANCEL_GIVEAWAY,
  DRAW_BY_HAND,
  GIVEAWAY_STATUS,
  MOVE_DEADLINE,
  MOVE_DEADLINE_LOOK,
  type AwaitedRound,
  type CancelGiveawayInput,
  type DrawByHandInput,
  type MoveDeadlineInput,
  type RunGiveawayInput,
} from './contract.ts';

const { readGiveawayTimes, closeGiveaway, advanceGiveaway, expireAwards, planRelease, noteRelease } =
  wf.proxyActivities<GiveawayActivities>(DATABASE_ACTIVITY);
const { cancelGiveaway, requestDraw, moveDeadline } = wf.proxyLocalActivities<GiveawayActivities>(DATABASE_STEP);
const { commitDraw, drawGiveaway } = wf.proxyActivities<GiveawayActivities>(BATCH_ACTIVITY);
const { fetchRound, openGiveaway } = wf.proxyActivities<GiveawayActivities>(PROVIDER_CALL);

/** At most this long between two looks at the claim windows, whatever their ends. */
const CLAIM_CHECK_MS = 24 * 3_600_000;

interface Run {
  cancelled: boolean;
  /** The deadline may be another one now: whoever waits for it looks again. */
  moved: boolean;
  /** The award that brought the number of open ones to 0 has said so. */
  finished: boolean;
  /** The host has asked for the draw, as the rules allow. */
  drawRequested: boolean;
  /** What the draw waits for, once it is committed to. */
  round?: AwaitedRound | undefined;
  readonly enter: (phase: string, waitsFor?: string) => void;
}

/**
 * Owns the phases of a giveaway and their durable timers, and nothing else: entries are rows and never come here.
 * Each step reads the rows first, so a second start under the same id goes on where the first one stopped.
 */
export async function runGiveaway(input: RunGiveawayInput): Promise<void> {
  let phase = 'SCHEDULED';
  const run: Run = {
    cancelled: false,
    moved: false,
    finished: false,
    drawRequested: false,
    enter: (next, waitsFor) => {
      phase = next;
      wf.setCurrentDetails(`Giveaway ${input.giveawayId}: **${next}**${waitsFor ? `, waits for ${waitsFor}` : ''}`);
      wf.upsertSearchAttributes(keywords({ State: next }));
    },
  };
  wf.setHandler(wf.defineQuery<string>(GIVEAWAY_STATUS), () => phase);
  wf.setHandler(wf.defineSignal(AWARDS_FINISHED), () => {
    run.finished = true;
  });
  wf.setHandler(wf.defineUpdate<void, [CancelGiveawayInput]>(CANCEL_GIVEAWAY), (decision) => cancel(decision, run));
  wf.setHandler(wf.defineUpdate<void, [DrawByHandInput]>(DRAW_BY_HAND), (asked) => drawByHand(asked, run));
  wf.setHandler(wf.defineUpdate<object, [MoveDeadlineInput]>(MOVE_DEADLINE), (move) => moveTo(move, run));
  wf.setHandler(wf.defineUpdate(MOVE_DEADLINE_LOOK), () => {
    run.moved = true;
  });

  run.enter('SCHEDULED');
  if (await takeEntries(input, run)) {
    await draw(input, run);
    await waitForClaims(input, run);
    await releasePrizes(input);
    await advanceGiveaway({ ...input, to: 'COMPLETED' });
    run.enter('COMPLETED');
  } else {
    run.enter('CANCELLED');
    await releasePrizes(input);
    if (wf.patched('release-is-noted')) await noteRelease(input);
  }
  await wf.condition(wf.allHandlersFinished);
}

/** The row decides whether it is not too late; only then the workflow turns back. */
async function cancel(decision: CancelGiveawayInput, run: Run): Promise<void> {
  try {
    await cancelGiveaway(decision);
  } catch (error) {
    throw refusalOf(error);
  }
  run.cancelled = true;
}

/** The row decides whether the rules allow it and it is not too late; the one draw of this workflow comes sooner then. */
async function drawByHand(asked: DrawByHandInput, run: Run): Promise<void> {
  try {
    await requestDraw(asked);
  } catch (error) {
    throw refusalOf(error);
  }
  run.drawRequested = true;
  run.moved = true;
}

/** As with a cancellation: the row decides, and then the timer is looked at again. */
async function moveTo(move: MoveDeadlineInput, run: Run): Promise<object> {
  try {
    return await moveDeadline(move);
  } catch (error) {
    throw refusalOf(error);
  } finally {
    run.moved = true;
  }
}

/** From now to the freeze and the commitment. @returns false when the giveaway was cancelled before. */
async function takeEntries(input: RunGiveawayInput, run: Run): Promise<boolean> {
  const { cancelled, opensInMs, closesInMs, handWaitMs } = await readGiveawayTimes(input);
  run.cancelled ||= cancelled;
  const wait = async (ms: number, turn: () => boolean): Promise<void> => {
    if (ms > 0) await wf.condition(() => run.cancelled || turn(), ms);
  };
  const moved = (): boolean => run.moved;
  try {
    await wait(opensInMs, () => false);
    if (run.cancelled) return false;
    await openGiveaway(input);
    run.enter('OPEN');
    await wait(closesInMs - Math.max(0, opensInMs), moved);
    if (run.cancelled) return false;
    // The database's clock decides; a timer that came early waits for the rest.
    for (;;) {
      run.moved = false;
      const early = await closeGiveaway(input);
      if (early <= 0) break;
      await wait(early, moved);
    }
    run.enter('CLOSED');
    if (handWaitMs > 0) {
      await waitForHand(input, run);
      if (run.cancelled) return false;
    }
    run.round = await commitDraw(input);
    return true;
  } catch (error) {
    // The step that was under way has met the cancelled row.
    await wf.condition(wf.allHandlersFinished);
    if (run.cancelled || (await readGiveawayTimes(input)).cancelled) return false;
    throw error;
  }
}

/** Entry has ended, and the draw waits for the host, but not for ever. */
async function waitForHand(input: RunGiveawayInput, run: Run): Promise<void> {
  const { handWaitMs } = await readGiveawayTimes(input);
  if (handWaitMs <= 0 || run.drawRequested) return;
  wf.setCurrentDetails(`Giveaway ${input.giveawayId}: **CLOSED**, waits for the host to draw by hand`);
  await wf.condition(() => run.cancelled || run.drawRequested, handWaitMs);
}

/** However late the beacon is, nothing takes its place. */
async function waitForRound(input: RunGiveawayInput, { round: awaited, enter }: Run): Promise<void> {
  // Histories from before there was a beacon have null here.
  if (!awaited) return enter('DRAWING');
  const name = `round ${awaited.round} of drand chain ${awaited.chainHash}`;
  enter('DRAWING', name);
  await wf.sleep(awaited.dueInMs, { summary: `until ${name} is due` });
  await fetchRound(input);
  enter('DRAWING');
}

async function draw(input: RunGiveawayInput, run: Run): Promise<void> {
  await waitForRound(input, run);
  await drawGiveaway(input);
  run.enter('DRAWN');
  await advanceGiveaway({ ...input, to: 'FULFILLING' });
  run.enter('FULFILLING');
}

async function waitForClaims(input: RunGiveawayInput, run: Run): Promise<void> {
  for (;;) {
    const { openAwards, nextExpiryInMs } = await expireAwards(input);
    if (openAwards === 0) return;
    await wf.condition(() => run.finished, Math.max(1, Math.min(nextExpiryInMs ?? CLAIM_CHECK_MS, CLAIM_CHECK_MS)));
    run.finished = false;
  }
}

/** What nobody holds, and nobody will, goes back to the host. */
async function releasePrizes(input: RunGiveawayInput): Promise<void> {
  const escrow = wf.createNexusServiceClient({ endpoint: GIFTCARD_ESCROW_ENDPOINT, service: giftcardEscrow });
  const { requestId } = input;
  for (const release of await planRelease(input)) {
    await escrow.executeOperation('releaseEscrow', { ...release, requestId });
  }
}
