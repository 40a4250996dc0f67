import type { RoundRule } from './beacon-round.ts';
import { requireDraw } from './invalid-draw.ts';

/** What the rules of a giveaway fix about the randomness of its draw, before anybody enters. */
export type RandomnessTerms =
  | { readonly kind: 'commit-reveal' }
  | ({
      readonly kind: 'drand';
      readonly chainHash: string;
    } & RoundRule);

/** What is promised of every round; the deadline is the giveaway's own. */
export type BeaconTerms = Omit<Extract<RandomnessTerms, { readonly kind: 'drand' }>, 'closesAt'>;

/** What the platform has at hand for draws. */
export interface DrawSources {
  /** Absent where no beacon is configured: then a giveaway that asks for one does not open. */
  readonly beacon?: BeaconTerms | undefined;
  /** Commitments are time-stamped. */
  readonly witnessed: boolean;
}

export interface DrawRules {
  readonly randomness: RandomnessTerms;
  /** The commitment is time-stamped by a witness; of an instant win, the hash of its secret. */
  readonly witnessed: boolean;
  readonly instantWin?: boolean;
}

const RANDOMNESS = 'Randomness: ';
const WITNESS = 'Witness: ';

/**
 * The lines of the rules' text that a verifier reads: word for word, so that what was promised to the entrants is what
 * the proof is held against.
 */
export function drawRules({ randomness, witnessed, instantWin = false }: DrawRules): string[] {
  const stamped = instantWin ? 'the hash of the secret is time-stamped' : 'the commitment is time-stamped';
  const before = instantWin ? ' before entry begins' : '';
  const witness = witnessed ? `${stamped} under RFC 3161${before}.` : 'none but the operator.';
  return [`${RANDOMNESS}${randomnessRule(randomness)}`, `${WITNESS}${witness}`];
}

function randomnessRule(randomness: RandomnessTerms): string {
  if (randomness.kind === 'commit-reveal') return 'commit-reveal, the hash of the secret published when entry begins.';
  const { chainHash, closesAt, delaySeconds, marginSeconds } = randomness;
  return [
    `drand chain ${chainHash}, the first round at or after ${closesAt} and ${delaySeconds} s;`,
    `if the commitment is not out ${marginSeconds} s before it,`,
    `the first round at or after its publication and ${delaySeconds} s.`,
  ].join(' ');
}

/** @throws InvalidDraw unless the rules say of the randomness and the witness exactly this, once. */
export function requireDrawRules(text: string, rules: DrawRules): void {
  const said = text.split('\n').filter((line) => line.startsWith(RANDOMNESS) || line.startsWith(WITNESS));
  const expected = drawRules(rules);
  const same = said.length === expected.length && expected.every((line, index) => line === said[index]);
  requireDraw(same, `The draw is not the one of the rules: they do not say, once each, "${expected.join('" and "')}"`);
}
