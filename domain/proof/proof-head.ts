import { type Commitment, hashCommitment } from '../draw/commitment.ts';
import type { Hashing } from '../draw/hashing.ts';
import { drawSeed } from '../draw/randomness.ts';
import { type CommitmentSignature, PROOF_VERSION, type ProofHead } from './proof.ts';

export interface CommittedDraw {
  readonly rules: string;
  readonly commitment: Commitment;
  readonly signature: CommitmentSignature;
  /** Hex of 32 bytes. */
  readonly secret: string;
}

/** What a proof of this draw begins with; its seed decides the ranking. */
export const proofHead = (hashing: Hashing, { rules, commitment, signature, secret }: CommittedDraw): ProofHead => ({
  version: PROOF_VERSION,
  rules,
  commitment,
  signature,
  witness: { kind: 'operator-asserted' },
  reveal: { kind: 'commit-reveal', secret },
  seed: drawSeed(hashing, secret, hashCommitment(hashing, commitment)),
});
