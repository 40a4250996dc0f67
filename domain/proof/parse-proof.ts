import type { DrawAward } from '../draw/assign-prizes.ts';
import { type Commitment, DRAW_ALGORITHM, type PrizeUnit, requireCommitment } from '../draw/commitment.ts';
import type { DrawEntry } from '../draw/entry.ts';
import { COMMIT_REVEAL_CAVEAT, type CommitRevealReveal, type CommitRevealSource } from '../draw/randomness.ts';
import {
  constant,
  count,
  countsByReason,
  hash,
  id,
  instant,
  list,
  object,
  type Parser,
  reason,
  signature,
  text,
} from './parse.ts';
import { type CommitmentSignature, PROOF_VERSION, type Proof, type Witness } from './proof.ts';

const commitment = object<Commitment>({
  algorithm: constant(DRAW_ALGORITHM),
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

const proof = object<Proof>({
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
  entries: list(object<DrawEntry>({ entryId: id, participant: hash, weight: count, reason, receivedAt: instant })),
  ranking: list(hash),
  awards: list(object<DrawAward>({ unitId: id, rank: count, participant: hash })),
});

/** @throws InvalidDraw naming the first property that is missing, unknown or malformed. */
export const parseProof = (value: unknown): Proof => {
  const parsed = (proof satisfies Parser<Proof>)(value, 'proof');
  requireCommitment(parsed.commitment);
  return parsed;
};
