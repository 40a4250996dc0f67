import { judge, type Figure } from '../measure.ts';
import { figuresOf, type Load } from './run-load.ts';

/** Whose rate is held against the peer's; how long calls took is for information. */
export interface JudgedLoad {
  readonly name: string;
  readonly ours: readonly Load[];
  readonly peer: readonly Load[];
  /** Of the rates' ratio. */
  readonly atLeast: number;
}

/** The figures `name`, `name.p50` and `name.p99` of all rounds. */
export function judgeLoad({ name, atLeast, ...rounds }: JudgedLoad): Figure[] {
  const [ours, peer] = [figuresOf(rounds.ours), figuresOf(rounds.peer)];
  const rate = { unit: 'per second', figure: ours.callsPerSecond, peer: peer.callsPerSecond };
  return [
    judge({ name, ...rate, goal: { of: 'ratio', atLeast } }),
    judge({ name: `${name}.p50`, unit: 'ms', figure: ours.p50Ms, peer: peer.p50Ms }),
    judge({ name: `${name}.p99`, unit: 'ms', figure: ours.p99Ms, peer: peer.p99Ms }),
  ];
}
