import { type Commitment, hashCommitment } from '../draw/commitment.ts';
import type { Hashing } from '../draw/hashing.ts';
import { drawSeed, type RandomnessReveal, revealedRandomness } from '../draw/randomness.ts';
import { type CommitmentSignature, PROOF_VERSION, type ProofHead, type Witness } from './proof.ts';

export interface CommittedDraw {
  readonly rules: string;
  readonly commitment: Commitment;
  readonly signature: CommitmentSignature;
  readonly witness: Witness;
  readonly reveal: RandomnessReveal;
}

/** What a proof of this draw begins with; its seed decides the ranking. */
export const proofHead = (hashing: Hashing, draw: CommittedDraw): ProofHead => {
  const { rules, commitment, signature, witness, reveal } = draw;
  const seed = drawSeed(hashing, revealedRandomness(hashing, reveal), hashCommitment(hashing, commitment));
  return { version: PROOF_VERSION, rules, commitment, signature, witness, reveal, seed };
};
