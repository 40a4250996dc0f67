import type { Random } from './random.ts';
import type { Stand } from './stand.ts';
import type { World } from './world.ts';

/** Which of the points that a scenario numbers. */
export interface Points {
  readonly first: number;
  readonly last: number;
  /** Where they have names as well: what matches. */
  readonly at?: RegExp;
}

export interface Run {
  readonly stand: Stand;
  readonly world: World;
  readonly seed: number;
  readonly random: Random;
  /** A smaller selection, by the seed. */
  readonly quick: boolean;
  readonly points: Points;
  readonly tell: (line: string) => void;
}

export interface Outcome {
  /** How many times something was broken. */
  readonly points: number;
  /** What came out wrong. */
  readonly problems: readonly string[];
  /** Why it could not be tried here. */
  readonly skipped?: string;
}

export interface Scenario {
  readonly name: string;
  readonly summary: string;
  readonly settings?: Readonly<Record<string, string>>;
  /** Breaks things, and sees every operation to its end; what must hold afterwards is proved by the runner. */
  readonly run: (run: Run) => Promise<Outcome>;
}
