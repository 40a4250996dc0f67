import { createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { promisify } from 'node:util';

/** Signs commitments and receipts with the platform's Ed25519 key. */
export interface ProofSigner {
  readonly keyId: string;
  /** 32 bytes in hex. */
  readonly publicKey: string;
  /** @returns 64 bytes in hex. */
  sign(message: Uint8Array): string;
}

export interface ReceiptSigner extends ProofSigner {
  /** The same signature, made by one of Node's threads: the caller's is held for a tenth of the time. */
  signBeside(message: Uint8Array): Promise<string>;
}

const signInThread = promisify(sign);

/** @param jwk a private Ed25519 JSON Web Key with a `kid`. */
export function createProofSigner(jwk: Record<string, string>): ReceiptSigner {
  const key = createPrivateKey({ key: jwk, format: 'jwk' });
  const { x = '' } = createPublicKey(key).export({ format: 'jwk' });
  return {
    keyId: jwk['kid'] ?? 'proof',
    publicKey: Buffer.from(x, 'base64url').toString('hex'),
    sign: (message) => sign(null, message, key).toString('hex'),
    signBeside: async (message) => (await signInThread(null, message, key)).toString('hex'),
  };
}
