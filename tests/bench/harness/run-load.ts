import { setTimeout as sleep } from 'node:timers/promises';
import { median, percentile } from './statistics.ts';

export interface LoadOptions {
  /** How many call at once; each calls again as soon as it has its answer. */
  readonly callers: number;
  /** One call, numbered from 0. What it throws ends the load. */
  readonly call: (number: number) => Promise<unknown>;
  /** How many calls in all. */
  readonly count?: number;
  /** No new call after this long. */
  readonly durationMs?: number;
  /** Between a caller's answer and its next call, on average; the callers begin one after the other within it. */
  readonly pauseMs?: number;
}

export interface Load {
  readonly latenciesMs: readonly number[];
  readonly callsPerSecond: number;
}

const GOLDEN_RATIO = (1 + Math.sqrt(5)) / 2;

/** Of many, between a half and one and a half, evenly: who were answered together do not call together ever after. */
const shareOfPause = (number: number, callers: number): number =>
  callers === 1 ? 1 : 0.5 + ((number * GOLDEN_RATIO) % 1);

/** A closed loop of callers, each with its pause between two calls. */
export async function runLoad(load: LoadOptions): Promise<Load> {
  const { callers, call, count = Infinity, durationMs = Infinity, pauseMs = 0 } = load;
  const latenciesMs: number[] = [];
  const startedAt = performance.now();
  let next = 0;
  const caller = async (index: number): Promise<void> => {
    if (pauseMs > 0) await sleep((pauseMs * index) / callers);
    while (next < count && performance.now() - startedAt < durationMs) {
      const number = next++;
      const calledAt = performance.now();
      await call(number);
      latenciesMs.push(performance.now() - calledAt);
      if (pauseMs > 0) await sleep(pauseMs * shareOfPause(number, callers));
    }
  };
  await Promise.all(Array.from({ length: callers }, (_, index) => caller(index)));
  return { latenciesMs, callsPerSecond: (latenciesMs.length * 1_000) / (performance.now() - startedAt) };
}

export interface LoadFigures {
  /** Median over the rounds. */
  readonly callsPerSecond: number;
  /** Over the calls of all rounds. */
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export function figuresOf(rounds: readonly Load[]): LoadFigures {
  const latenciesMs = rounds.flatMap((round) => round.latenciesMs);
  return {
    callsPerSecond: median(rounds.map((round) => round.callsPerSecond)),
    p50Ms: median(latenciesMs),
    p99Ms: percentile(latenciesMs, 0.99),
  };
}
