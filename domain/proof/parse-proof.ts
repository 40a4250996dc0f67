import type { DrawAward } from '../draw/assign-prizes.ts';
import { type Commitment, type PrizeUnit, requireCommitment } from '../draw/commitment.ts';
import type { DrawEntry } from '../draw/entry.ts';
import { COMMIT_REVEAL_CAVEAT, type CommitRevealReveal, type CommitRevealSource } from '../draw/randomness.ts';
import { DRAW_ALGORITHMS } from '../draw/rankings.ts';
import {
  constant,
  count,
  countsByReason,
  hash,
  id,
  instant,
  list,
  object,
  oneOf,
  type Parser,
  reason,
  signature,
  text,
} from './parse.ts';
import { type CommitmentSignature, PROOF_VERSION, type ProofHead, type Witness } from './proof.ts';

const commitment = object<Commitment>({
  algorithm: oneOf(DRAW_ALGORITHMS),
  giveawayId: id,
  drawNumber: count,
  root: hash,
  entryCount: count,
  countsByReason,
  totalWeight: count,
  prizeUnits: list(object<PrizeUnit>({ unitId: id, prizeId: id })),
  rulesHash: hash,
  randomness: object<CommitRevealSource>({
    kind: constant('commit-reveal'),
    secretHash: hash,
    caveat: constant(COMMIT_REVEAL_CAVEAT),
  }),
  openedAt: instant,
  frozenAt: instant,
});

const head = object<ProofHead>({
  version: constant(PROOF_VERSION),
  rules: text,
  commitment,
  signature: object<CommitmentSignature>({
    alg: constant('Ed25519'),
    keyId: id,
    publicKey: hash,
    signedAt: instant,
    signature,
  }),
  witness: object<Witness>({ kind: constant('operator-asserted') }),
  reveal: object<CommitRevealReveal>({ kind: constant('commit-reveal'), secret: hash }),
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
