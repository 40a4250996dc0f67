import { bls12_381 } from '@noble/curves/bls12-381.js';

const TAG = 'BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_';
const { shortSignatures } = bls12_381;

/** BLS12-381, signatures on G1 and keys on G2, as drand's rounds are signed; see `BeaconCrypto`. */
export function verifyBls(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  try {
    return shortSignatures.verify(signature, shortSignatures.hash(message, TAG), publicKey);
  } catch {
    // Not a point of the curve, or of another group: no signature of anybody.
    return false;
  }
}
