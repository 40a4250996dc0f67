import { assignPrizes } from '../draw/assign-prizes.ts';
import { type Commitment, hashCommitment } from '../draw/commitment.ts';
import type { DrawEntry } from '../draw/entry.ts';
import type { Hashing } from '../draw/hashing.ts';
import { rankParticipants } from '../draw/rank-participants.ts';
import { drawSeed } from '../draw/randomness.ts';
import { type CommitmentSignature, PROOF_VERSION, type Proof } from './proof.ts';

export interface CommittedDraw {
  readonly rules: string;
  readonly commitment: Commitment;
  readonly signature: CommitmentSignature;
  /** Hex of 32 bytes. */
  readonly secret: string;
  /** The entries of the commitment, in the order of their ids. */
  readonly entries: readonly DrawEntry[];
}

/**
 * Carries out a draw that was committed to: the same input gives the same proof, on every machine. It checks nothing;
 * who publishes a proof runs `verifyProof` on it first.
 */
export function buildProof(hashing: Hashing, draw: CommittedDraw): Proof {
  const { rules, commitment, signature, secret, entries } = draw;
  const seed = drawSeed(hashing, secret, hashCommitment(hashing, commitment));
  const ranking = rankParticipants(hashing, seed, entries);
  return {
    version: PROOF_VERSION,
    rules,
    commitment,
    signature,
    witness: { kind: 'operator-asserted' },
    reveal: { kind: 'commit-reveal', secret },
    seed,
    entries,
    ranking,
    awards: assignPrizes(ranking, commitment.prizeUnits),
  };
}
