import { createHash, verify } from 'node:crypto';
import type { WitnessCrypto } from '../domain/witness/algorithms.ts';

/** The cryptography of time-stamps on Node. */
export const witnessCrypto: WitnessCrypto = {
  digest: (name, data) => createHash(name).update(data).digest(),
  verifySignature: (publicKey, digest, message, signature) => {
    try {
      return verify(digest, message, { key: Buffer.from(publicKey), format: 'der', type: 'spki' }, signature);
    } catch {
      // No key, or one of another kind: nobody signed with it.
      return false;
    }
  },
};
