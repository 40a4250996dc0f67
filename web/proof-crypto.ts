import { bls12_381 } from '@noble/curves/bls12-381.js';
import { ed25519 } from '@noble/curves/ed25519.js';
import { p256, p384 } from '@noble/curves/nist.js';
import { hmac } from '@noble/hashes/hmac.js';
import { sha1 } from '@noble/hashes/legacy.js';
import { sha256, sha384, sha512 } from '@noble/hashes/sha2.js';
import { blsVerifier } from '../domain/draw/bls.ts';
import { toHex } from '../domain/draw/bytes.ts';
import type { ProofCrypto } from '../domain/proof/proof.ts';
import type { DigestName } from '../domain/witness/algorithms.ts';
import { type Der, expectTag, oidText, readDer, readWithin, TAG } from '../domain/witness/der.ts';

const DIGESTS = { sha1, sha256, sha384, sha512 };

/** What DigestInfo puts before a digest (RFC 8017, 9.2). */
const PREFIXES: Readonly<Partial<Record<DigestName, string>>> = {
  sha256: '3031300d060960864801650304020105000420',
  sha384: '3041300d060960864801650304020205000430',
  sha512: '3051300d060960864801650304020305000440',
};
const CURVES: Readonly<Record<string, typeof p256>> = { '1.2.840.10045.3.1.7': p256, '1.3.132.0.34': p384 };
const ELLIPTIC = '1.2.840.10045.2.1';

/** The cryptography of proofs in a browser, where the platform's own is asynchronous and knows no pairings. */
export const pageCrypto: ProofCrypto = {
  sha256: (data) => sha256(data),
  sha256Into: (data, target, at) => target.set(sha256(data), at),
  hmacSha256: (key, data) => hmac(sha256, key, data),
  digest: (name, data) => DIGESTS[name](data),
  verifyBls: blsVerifier(bls12_381.shortSignatures),
  verifyEd25519: (publicKey, message, signature) =>
    quietly(() => ed25519.verify(signature, message, publicKey, { zip215: false })),
  verifySignature: (publicKey, digest, message, signature) =>
    quietly(() => {
      const [algorithm, key] = readWithin(readDer(publicKey), TAG.sequence);
      const [kind, curve] = readWithin(algorithm, TAG.sequence);
      const point = expectTag(key, TAG.bitString).content.subarray(1);
      const hash = DIGESTS[digest](message);
      if (oidText(kind) !== ELLIPTIC) return isRsaSigned(readDer(point), digest, hash, signature);
      const options = { prehash: false, lowS: false, format: 'der' } as const;
      return CURVES[oidText(curve)]?.verify(signature, hash, point, options) ?? false;
    }),
};

function quietly(check: () => boolean): boolean {
  try {
    return check();
  } catch {
    return false;
  }
}

/** RSASSA-PKCS1-v1_5: the one encoding of this digest, and nothing else. */
function isRsaSigned(key: Der, digest: DigestName, hash: Uint8Array, signature: Uint8Array): boolean {
  const [modulus, exponent] = readWithin(key, TAG.sequence).map(({ content }) => BigInt(`0x${toHex(content)}`));
  const prefix = PREFIXES[digest];
  if (modulus === undefined || exponent === undefined || prefix === undefined) return false;
  const size = Math.ceil(modulus.toString(16).length / 2);
  const value = BigInt(`0x${toHex(signature)}`);
  if (signature.length !== size || value >= modulus) return false;
  const opened = power(value, exponent, modulus)
    .toString(16)
    .padStart(size * 2, '0');
  const tail = `00${prefix}${toHex(hash)}`;
  return opened === `0001${'ff'.repeat(size - 2 - tail.length / 2)}${tail}`;
}

function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let [result, square] = [1n, base];
  for (let left = exponent; left > 0n; left >>= 1n) {
    if (left & 1n) result = (result * square) % modulus;
    square = (square * square) % modulus;
  }
  return result;
}
