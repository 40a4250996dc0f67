import type { DrawAward } from '../draw/assign-prizes.ts';
import type { BeaconCrypto } from '../draw/beacon.ts';
import type { Commitment } from '../draw/commitment.ts';
import type { DrawEntry } from '../draw/entry.ts';
import type { Hashing } from '../draw/hashing.ts';
import type { RandomnessReveal } from '../draw/randomness.ts';
import type { WitnessCrypto } from '../witness/algorithms.ts';

export const PROOF_VERSION = 'handsel-proof-v1';

/** What checking a proof needs from its surroundings. */
export interface ProofCrypto extends Hashing, BeaconCrypto, WitnessCrypto {
  /** Pure Ed25519 (RFC 8032); a public key of 32 bytes and a signature of 64. False for whatever does not verify. */
  verifyEd25519(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;
}

export interface CommitmentSignature {
  readonly alg: 'Ed25519';
  readonly keyId: string;
  /** 32 bytes in hex. */
  readonly publicKey: string;
  readonly signedAt: string;
  /** 64 bytes in hex, over `commitmentSigningBytes`. */
  readonly signature: string;
}

/** Who says when the commitment was published. Each further kind of witness is a new member. */
export type Witness =
  | { readonly kind: 'operator-asserted' }
  /** A time-stamp of the commitment's hash (RFC 3161): its token, with the authority's certificate, in DER as hex. */
  | { readonly kind: 'rfc3161'; readonly token: string };

/** What a proof says before its lists: as small for a million entries as for one. */
export interface ProofHead {
  readonly version: typeof PROOF_VERSION;
  /** The rules as they were published, of which the commitment holds the hash. */
  readonly rules: string;
  readonly commitment: Commitment;
  readonly signature: CommitmentSignature;
  readonly witness: Witness;
  readonly reveal: RandomnessReveal;
  /** Hex of 32 bytes. */
  readonly seed: string;
}

/** All that anyone needs to repeat a draw. Nothing in it is left unchecked: what is not signed is recomputed. */
export interface Proof extends ProofHead {
  /** Every receipted entry, in the order of the ids. */
  readonly entries: readonly DrawEntry[];
  /** Every participant with a weight; rank 1 comes first. */
  readonly ranking: readonly string[];
  /** The awards of the draw itself; promotions come later and follow the ranking. */
  readonly awards: readonly DrawAward[];
}
