import type { Stack } from '../../scripts/stack/stack.ts';

/** One line of the report. The JSON that `--json` writes is a list of these, and stays. */
export interface Figure {
  /** Measure and figure, e.g. `ledger.reserve`. */
  readonly name: string;
  readonly figure: number;
  readonly unit: string;
  /** What the peer reached in the same run; null where the figure stands by itself. */
  readonly peer: number | null;
  /** figure / peer. */
  readonly ratio: number | null;
  /** `ratio >= 0.85`, `figure <= 40`, `figure = 0`; null: for information. */
  readonly goal: string | null;
  readonly ok: boolean;
}

export interface Bench {
  /** Servers of this measure's own; applications are started by whoever needs them. */
  readonly stack: Stack;
  /** How often ours and the peer take turns. */
  readonly rounds: number;
  /** Small sizes: to see that the measure runs, not what it says. */
  readonly quick: boolean;
  readonly tell: (message: string) => void;
}

export interface Measure {
  readonly name: string;
  readonly summary: string;
  readonly run: (bench: Bench) => Promise<readonly Figure[]>;
}

export interface Goal {
  readonly of: 'ratio' | 'figure';
  readonly atLeast?: number;
  readonly atMost?: number;
}

export interface Observed {
  readonly name: string;
  readonly unit: string;
  readonly figure: number;
  readonly peer?: number;
  readonly goal?: Goal;
}

const SIGNIFICANT = 4;
const rounded = (value: number): number => Number(value.toPrecision(SIGNIFICANT));

/** Holds a figure against its goal. What is not a number misses it. */
export function judge({ name, unit, figure, peer, goal }: Observed): Figure {
  const ratio = peer === undefined ? null : figure / peer;
  const held = goal?.of === 'ratio' ? (ratio ?? Number.NaN) : figure;
  const ok = goal === undefined || (held >= (goal.atLeast ?? -Infinity) && held <= (goal.atMost ?? Infinity));
  return {
    name,
    figure: rounded(figure),
    unit,
    peer: peer === undefined ? null : rounded(peer),
    ratio: ratio === null ? null : rounded(ratio),
    goal: goal === undefined ? null : describe(goal),
    ok,
  };
}

function describe({ of, atLeast, atMost }: Goal): string {
  if (atLeast === atMost) return `${of} = ${atLeast}`;
  const bounds = [
    ...(atLeast === undefined ? [] : [`${of} >= ${rounded(atLeast)}`]),
    ...(atMost === undefined ? [] : [`${of} <= ${rounded(atMost)}`]),
  ];
  return bounds.join(' and ');
}
