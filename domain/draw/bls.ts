const TAG = 'BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_';

/** BLS12-381 with signatures on G1 and keys on G2, from whatever library the surroundings have. */
export interface ShortSignatures<Point> {
  hash(message: Uint8Array, tag: string): Point;
  verify(signature: Uint8Array, message: Point, publicKey: Uint8Array): boolean;
}

/** `BeaconCrypto.verifyBls` by this curve. */
export const blsVerifier =
  <Point>(curve: ShortSignatures<Point>) =>
  (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean => {
    try {
      return curve.verify(signature, curve.hash(message, TAG), publicKey);
    } catch {
      // Not a point of the curve, or of another group: no signature of anybody.
      return false;
    }
  };
