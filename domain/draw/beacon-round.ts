import type { BeaconChain } from './beacon.ts';
import { instantMs } from './instant.ts';

/** How a giveaway's rules fix the round of its draw before anybody enters. */
export interface RoundRule {
  readonly closesAt: string;
  /** From the deadline to the earliest time of the round. */
  readonly delaySeconds: number;
  /** How long before its round the commitment must be out. Less than the delay. */
  readonly marginSeconds: number;
}

export interface ChosenRound {
  readonly round: number;
  /** The commitment was not out in time for the round that follows from the deadline. */
  readonly late: boolean;
}

/** When a round is due, in milliseconds since 1970; rounds count from 1. */
export const roundTimeMs = ({ genesisTime, periodSeconds }: BeaconChain, round: number): number =>
  (genesisTime + (round - 1) * periodSeconds) * 1_000;

/** The first round that is due at that time or later. */
export function firstRoundAt({ genesisTime, periodSeconds }: BeaconChain, timeMs: number): number {
  return 1 + Math.max(0, Math.ceil((timeMs - genesisTime * 1_000) / (periodSeconds * 1_000)));
}

/**
 * The first round at or after the deadline and the delay. If the commitment is not out the margin before it, the first
 * round at or after its publication and the delay.
 */
export function chooseRound(chain: BeaconChain, rule: RoundRule, publishedAt: string): ChosenRound {
  const [delayMs, marginMs] = [rule.delaySeconds * 1_000, rule.marginSeconds * 1_000];
  const publishedMs = instantMs(publishedAt);
  const round = firstRoundAt(chain, instantMs(rule.closesAt) + delayMs);
  const late = publishedMs + marginMs > roundTimeMs(chain, round);
  return { round: late ? firstRoundAt(chain, publishedMs + delayMs) : round, late };
}
