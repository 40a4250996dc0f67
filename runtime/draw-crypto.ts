import { createHash, createHmac, createPublicKey, type KeyObject, verify } from 'node:crypto';
import type { ProofCrypto } from '../domain/proof/proof.ts';

/** The cryptography of draws, receipts and proofs on Node, for the server and for the command line. */
export const drawCrypto: ProofCrypto = {
  sha256: (data) => createHash('sha256').update(data).digest(),
  hmacSha256: (key, data) => createHmac('sha256', key).update(data).digest(),
  verifyEd25519: (publicKey, message, signature) => verify(null, message, ed25519Key(publicKey), signature),
};

function ed25519Key(publicKey: Uint8Array): KeyObject {
  const x = Buffer.from(publicKey).toString('base64url');
  return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
}
