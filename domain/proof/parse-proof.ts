import type { DrawAward } from '../draw/assign-prizes.ts';
import { BEACON_SCHEME, type BeaconChain, requireChain } from '../draw/beacon.ts';
import { type Commitment, requireCommitment } from '../draw/commitment.ts';
import type { DrawEntry } from '../draw/entry.ts';
import {
  type BeaconReveal,
  type BeaconSource,
  COMMIT_REVEAL_CAVEAT,
  type CommitRevealReveal,
  type CommitRevealSource,
  type RandomnessReveal,
  type RandomnessSource,
} from '../draw/randomness.ts';
import { DRAW_ALGORITHMS } from '../draw/rankings.ts';
import {
  commitmentSignature,
  constant,
  count,
  countsByReason,
  hash,
  hexOf,
  hexUpTo,
  id,
  instant,
  object,
  oneKindOf,
  oneOf,
  type Parser,
  prizeUnits,
  reason,
  text,
} from './parse.ts';
import { PROOF_VERSION, type ProofHead, type Witness } from './proof.ts';

const commitment = object<Commitment>({
  algorithm: oneOf(DRAW_ALGORITHMS),
  giveawayId: id,
  drawNumber: count,
  root: hash,
  entryCount: count,
  countsByReason,
  totalWeight: count,
  prizeUnits,
  rulesHash: hash,
  randomness: oneKindOf<RandomnessSource>({
    'commit-reveal': object<CommitRevealSource>({
      kind: constant('commit-reveal'),
      secretHash: hash,
      caveat: constant(COMMIT_REVEAL_CAVEAT),
    }),
    drand: object<BeaconSource>({
      kind: constant('drand'),
      chainHash: hash,
      closesAt: instant,
      delaySeconds: count,
      marginSeconds: count,
      publishedAt: instant,
      round: count,
    }),
  }),
  openedAt: instant,
  frozenAt: instant,
});

/** With the certificates of a chain an ordinary token is 6 kB. */
const MOST_TOKEN_BYTES = 65_536;

type WitnessOf<K extends Witness['kind']> = Extract<Witness, { readonly kind: K }>;

const chain: Parser<BeaconChain> = (value, at) => {
  const parsed = chainShape(value, at);
  requireChain(parsed);
  return parsed;
};

const chainShape = object<BeaconChain>({
  scheme: constant(BEACON_SCHEME),
  publicKey: hexOf(96),
  periodSeconds: count,
  genesisTime: count,
  groupHash: hash,
  beaconId: text,
});

export const witness = oneKindOf<Witness>({
  'operator-asserted': object<WitnessOf<'operator-asserted'>>({ kind: constant('operator-asserted') }),
  rfc3161: object<WitnessOf<'rfc3161'>>({ kind: constant('rfc3161'), token: hexUpTo(MOST_TOKEN_BYTES) }),
});

const head = object<ProofHead>({
  version: constant(PROOF_VERSION),
  rules: text,
  commitment,
  signature: commitmentSignature,
  witness,
  reveal: oneKindOf<RandomnessReveal>({
    'commit-reveal': object<CommitRevealReveal>({ kind: constant('commit-reveal'), secret: hash }),
    drand: object<BeaconReveal>({ kind: constant('drand'), chain, signature: hexOf(48) }),
  }),
  seed: hash,
});

/**
 * @returns the properties in the order of docs/proof-format.md.
 * @throws InvalidDraw naming the first property that is missing, unknown or malformed.
 */
export const parseProofHead = (value: unknown): ProofHead => {
  const parsed = (head satisfies Parser<ProofHead>)(value, 'proof');
  requireCommitment(parsed.commitment);
  return parsed;
};

/** One item of the proof's `entries`. @throws InvalidDraw */
export const parseEntry: Parser<DrawEntry> = object<DrawEntry>({
  entryId: id,
  participant: hash,
  weight: count,
  reason,
  receivedAt: instant,
});

/** One item of the proof's `ranking`. @throws InvalidDraw */
export const parseRank: Parser<string> = hash;

/** One item of the proof's `awards`. @throws InvalidDraw */
export const parseAward: Parser<DrawAward> = object<DrawAward>({ unitId: id, rank: count, participant: hash });
