import type { Database } from '../../../db/connect.ts';
import { delay } from '../../../scripts/stack/run.ts';
import type { Stack } from '../../../scripts/stack/stack.ts';
import { connectTemporal } from '../../../temporal-config/client.ts';
import { providerTruth } from '../../support/provider-truth.ts';
import { withDatabase } from '../harness/databases.ts';
import { fundHost } from '../harness/fund-host.ts';
import { httpCaller } from '../harness/http-caller.ts';
import { figuresOf, runLoad, type Load } from '../harness/run-load.ts';
import { median } from '../harness/statistics.ts';
import { takeTurns } from '../harness/take-turns.ts';
import { judge, type Figure, type Measure } from '../measure.ts';
import { startBarePeer } from './bare-peer.ts';
import { prepareCards } from './prepare-cards.ts';
import { redeemAtTill } from './redeem-at-till.ts';

const CALLERS = 16;
const POOL_MAX = 10;
/** In all, over both loads and all rounds with the warm-up. */
const REDEMPTIONS = { full: 5_000, quick: 120 } as const;
/** Of each round's calls, those that one caller makes alone: with a pause, as between two customers, and without. */
const PACED_SHARE = 0.1;
const ALONE_SHARE = 0.2;
/** Longer than a payout takes: what is measured is an answer, and not the work of the customer before. */
const PACE_MS = 200;
const DRAIN_POLL_MS = 100;

/** One round: what a single caller sees, what many get done, and how long until all of it was paid out. */
interface Round {
  readonly paced: Load;
  readonly alone: Load;
  readonly many: Load;
  readonly settledPerSecond: number;
}

export const redeem: Measure = {
  name: 'redeem',
  summary: 'redeem with instant payout through HTTP and Temporal, against a bare workflow behind update-with-start',
  run: async (bench): Promise<readonly Figure[]> => {
    const { stack, rounds, quick, tell } = bench;
    // The provider tells those that run; what it tries again and again with another one would be in our column.
    stack.settingsOf['payments-simulator'] = {
      SIMULATOR_WEBHOOK_URLS: `${stack.applicationUrl('giftcard-api')}/v1/webhooks/payments`,
    };
    await stack.startApplications(['payments-simulator', 'giftcard-api', 'worker']);
    const hostId = await fundHost(stack);
    const perRound = Math.ceil((quick ? REDEMPTIONS.quick : REDEMPTIONS.full) / (rounds + 1));
    const count = perRound * (rounds + 1);
    return withDatabase(stack.environment['DATABASE_URL_GIFTCARD'] ?? '', POOL_MAX, async (db) => {
      const cards = await prepareCards(db, stack, { hostId, count, payoutSchedule: 'instant' });
      tell(`${count} cards are ready; one caller, then ${CALLERS}`);
      const temporal = connectTemporal(stack.environment['TEMPORAL_ADDRESS'] ?? '');
      const callBare = await startBarePeer(stack, temporal.giftcard);
      const api = httpCaller(stack.applicationUrl('giftcard-api'), CALLERS);
      const redeemNext = (): Promise<string> => {
        const card = cards.pop();
        if (!card) throw new Error('There is a card for each call');
        return redeemAtTill(api, card);
      };
      const turns = await takeTurns(rounds, {
        ours: () => runRound(perRound, redeemNext, () => untilSettled(db)),
        peer: () => runRound(perRound, callBare, () => Promise.resolve()),
      });
      api.close();
      await temporal.connection.close();
      return [...figures(turns.ours, turns.peer), ...(await astray(db, stack, count))];
    });
  },
};

/** The payouts of what one caller redeemed are over before the many begin, and theirs before the next round. */
async function runRound(calls: number, call: () => Promise<unknown>, drained: () => Promise<void>): Promise<Round> {
  const pacedCalls = Math.ceil(calls * PACED_SHARE);
  const aloneCalls = Math.ceil(calls * ALONE_SHARE);
  const paced = await runLoad({ callers: 1, count: pacedCalls, call, pauseMs: PACE_MS });
  const alone = await runLoad({ callers: 1, count: aloneCalls, call });
  await drained();
  const startedAt = performance.now();
  const count = calls - pacedCalls - aloneCalls;
  const many = await runLoad({ callers: CALLERS, count, call });
  await drained();
  return { paced, alone, many, settledPerSecond: (count * 1_000) / (performance.now() - startedAt) };
}

async function untilSettled(db: Database): Promise<void> {
  while (await db('settlements').whereNot({ state: 'SETTLED' }).first('id')) await delay(DRAIN_POLL_MS);
}

function figures(oursRounds: readonly Round[], peerRounds: readonly Round[]): Figure[] {
  const of = (rounds: readonly Round[]) => ({
    paced: figuresOf(rounds.map((round) => round.paced)),
    alone: figuresOf(rounds.map((round) => round.alone)),
    many: figuresOf(rounds.map((round) => round.many)),
    settledPerSecond: median(rounds.map((round) => round.settledPerSecond)),
  });
  const [ours, peer] = [of(oursRounds), of(peerRounds)];
  return [
    judge({
      name: 'redeem.p50',
      unit: 'ms',
      figure: ours.paced.p50Ms,
      peer: peer.paced.p50Ms,
      goal: { of: 'ratio', atMost: 1.3 },
    }),
    judge({ name: 'redeem.p50-back-to-back', unit: 'ms', figure: ours.alone.p50Ms, peer: peer.alone.p50Ms }),
    // Against its own median, not against the peer: a till should not wait much longer than usual.
    judge({
      name: 'redeem.p99-over-p50',
      unit: 'ms',
      figure: ours.alone.p99Ms,
      peer: ours.alone.p50Ms,
      goal: { of: 'ratio', atMost: 4 },
    }),
    judge({
      name: 'redeem.answered',
      unit: 'per second',
      figure: ours.many.callsPerSecond,
      peer: peer.many.callsPerSecond,
      goal: { of: 'ratio', atLeast: 0.7 },
    }),
    judge({
      name: 'redeem.paid-out',
      unit: 'per second',
      figure: ours.settledPerSecond,
      peer: peer.settledPerSecond,
    }),
    judge({ name: `redeem.p99-${CALLERS}`, unit: 'ms', figure: ours.many.p99Ms, peer: peer.many.p99Ms }),
  ];
}

/** What was confirmed and is not there, or was paid out other than by two transfers. */
async function astray(db: Database, stack: Stack, count: number): Promise<Figure[]> {
  const [settled] = await db('settlements').where({ state: 'SETTLED' }).count<{ count: bigint }[]>('* as count');
  const { transfers } = await providerTruth(stack);
  const succeeded = transfers.filter(({ status }) => status === 'succeeded').length;
  const none = { of: 'figure', atLeast: 0, atMost: 0 } as const;
  return [
    judge({ name: 'redeem.lost', unit: `of ${count}`, figure: count - Number(settled?.count ?? 0), goal: none }),
    judge({ name: 'redeem.transfers-astray', unit: `of ${2 * count}`, figure: 2 * count - succeeded, goal: none }),
  ];
}
