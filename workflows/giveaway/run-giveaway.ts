import * as wf from '@temporalio/workflow';
import type { GiveawayActivities } from '../../activities/giveaway/index.ts';
import { BATCH_ACTIVITY, DATABASE_ACTIVITY } from '../../temporal-config/activity-profiles.ts';
import { keywords } from '../../temporal-config/search-attributes.ts';
import { AWARDS_FINISHED, GIVEAWAY_STATUS, type RunGiveawayInput } from './contract.ts';

const { readGiveawayTimes, openGiveaway, closeGiveaway, advanceGiveaway, expireAwards } =
  wf.proxyActivities<GiveawayActivities>(DATABASE_ACTIVITY);
const { commitDraw, drawGiveaway } = wf.proxyActivities<GiveawayActivities>(BATCH_ACTIVITY);

/** At most this long between two looks at the claim windows, whatever their ends. */
const CLAIM_CHECK_MS = 24 * 3_600_000;

/**
 * Owns the phases of a giveaway and their durable timers, and nothing else: entries are rows and never come here.
 * Each step reads the rows first, so a second start under the same id goes on where the first one stopped.
 */
export async function runGiveaway(input: RunGiveawayInput): Promise<void> {
  let phase = 'SCHEDULED';
  let finished = false;
  wf.setHandler(wf.defineQuery<string>(GIVEAWAY_STATUS), () => phase);
  wf.setHandler(wf.defineSignal(AWARDS_FINISHED), () => {
    finished = true;
  });
  const enter = (next: string): void => {
    phase = next;
    wf.setCurrentDetails(`Giveaway ${input.giveawayId}: **${next}**`);
    wf.upsertSearchAttributes(keywords({ State: next }));
  };

  enter('SCHEDULED');
  const times = await readGiveawayTimes(input);
  if (times.opensInMs > 0) await wf.sleep(times.opensInMs, { summary: 'until entry begins' });
  await openGiveaway(input);
  enter('OPEN');

  const openForMs = times.closesInMs - Math.max(0, times.opensInMs);
  if (openForMs > 0) await wf.sleep(openForMs, { summary: 'until the deadline' });
  // The database's clock decides; a timer that came early waits for the rest.
  for (let early = await closeGiveaway(input); early > 0; early = await closeGiveaway(input)) await wf.sleep(early);
  enter('CLOSED');

  await commitDraw(input);
  enter('DRAWING');
  await drawGiveaway(input);
  enter('DRAWN');
  await advanceGiveaway({ ...input, to: 'FULFILLING' });
  enter('FULFILLING');

  for (;;) {
    const { openAwards, nextExpiryInMs } = await expireAwards(input);
    if (openAwards === 0) break;
    await wf.condition(() => finished, Math.max(1, Math.min(nextExpiryInMs ?? CLAIM_CHECK_MS, CLAIM_CHECK_MS)));
    finished = false;
  }
  await advanceGiveaway({ ...input, to: 'COMPLETED' });
  enter('COMPLETED');
}
