import { bls12_381 } from '@noble/curves/bls12-381.js';
import { blsVerifier } from '../domain/draw/bls.ts';

/** How drand's rounds are verified; see `BeaconCrypto`. */
export const verifyBls = blsVerifier(bls12_381.shortSignatures);
