import { createPublicKey, hash, type KeyObject, verify } from 'node:crypto';
import type { ProofCrypto } from '../domain/proof/proof.ts';
import { verifyBls } from './beacon-crypto.ts';
import { hmacSha256 } from './crypto.ts';
import { witnessCrypto } from './witness-crypto.ts';

/** The cryptography of draws, receipts and proofs on Node, for the server and for the command line. */
export const drawCrypto: ProofCrypto = {
  sha256: (data) => hash('sha256', data, 'buffer'),
  // As a string of bytes, which costs Node a third of what a buffer of its own for each hash costs.
  sha256Into: (data, target, offset) => {
    Buffer.prototype.latin1Write.call(target, hash('sha256', data, 'binary'), offset, HASH_BYTES);
  },
  hmacSha256,
  verifyBls,
  ...witnessCrypto,
  verifyEd25519: (publicKey, message, signature) => verify(null, message, ed25519Key(publicKey), signature),
};

const HASH_BYTES = 32;

function ed25519Key(publicKey: Uint8Array): KeyObject {
  const x = Buffer.from(publicKey).toString('base64url');
  return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
}
