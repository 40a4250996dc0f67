import { requireDraw } from '../draw/invalid-draw.ts';
import { type Der, oidText, readWithin, TAG } from './der.ts';

export type DigestName = 'sha1' | 'sha256' | 'sha384' | 'sha512';

/** What reading a time-stamp needs from its surroundings. */
export interface WitnessCrypto {
  digest(name: DigestName, data: Uint8Array): Uint8Array;
  /**
   * RSA (PKCS #1 v1.5) or ECDSA (DER, curves P-256 and P-384), as the key says.
   * @param publicKey a SubjectPublicKeyInfo in DER.
   * @returns false for whatever does not verify.
   */
  verifySignature(publicKey: Uint8Array, digest: DigestName, message: Uint8Array, signature: Uint8Array): boolean;
}

const DIGESTS: Readonly<Record<string, DigestName>> = {
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
};

const RSA = '1.2.840.113549.1.1.1';
const ELLIPTIC = '1.2.840.10045.2.1';

/** What a signature's algorithm says: the kind of key, and the digest unless that is said elsewhere. */
const SIGNATURES: Readonly<Record<string, { readonly key: string; readonly digest?: DigestName }>> = {
  [RSA]: { key: RSA },
  '1.2.840.113549.1.1.11': { key: RSA, digest: 'sha256' },
  '1.2.840.113549.1.1.12': { key: RSA, digest: 'sha384' },
  '1.2.840.113549.1.1.13': { key: RSA, digest: 'sha512' },
  [ELLIPTIC]: { key: ELLIPTIC },
  '1.2.840.10045.4.3.2': { key: ELLIPTIC, digest: 'sha256' },
  '1.2.840.10045.4.3.3': { key: ELLIPTIC, digest: 'sha384' },
  '1.2.840.10045.4.3.4': { key: ELLIPTIC, digest: 'sha512' },
};

/** None of ours has parameters, which are left out or written as NULL. */
function algorithmOid(algorithm: Der): string {
  const [oid, parameters, ...others] = readWithin(algorithm, TAG.sequence);
  const plain = parameters === undefined || (parameters.tag === TAG.null && parameters.content.length === 0);
  requireDraw(plain && others.length === 0, 'An algorithm has parameters that are not known');
  return oidText(oid);
}

/** @param algorithm an AlgorithmIdentifier. @throws InvalidDraw for a digest that is not SHA-2. */
export function digestOf(algorithm: Der): DigestName {
  const oid = algorithmOid(algorithm);
  const name = DIGESTS[oid];
  requireDraw(name !== undefined, `The digest ${oid} is not known`);
  return name;
}

export interface Signed {
  readonly publicKey: Der;
  readonly algorithm: Der;
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
  /** Where the signature's algorithm does not name the digest. */
  readonly digest?: DigestName;
}

/** @throws InvalidDraw for an algorithm that is not known, or not one of the key. */
export function isSigned(crypto: WitnessCrypto, { publicKey, algorithm, message, signature, digest }: Signed): boolean {
  const oid = algorithmOid(algorithm);
  const known = SIGNATURES[oid];
  requireDraw(known !== undefined, `The signature algorithm ${oid} is not known`);
  const keyOid = oidText(readWithin(readWithin(publicKey, TAG.sequence)[0], TAG.sequence)[0]);
  requireDraw(keyOid === known.key, `The signature algorithm ${oid} is not one of the key`);
  const name = known.digest ?? digest;
  requireDraw(name !== undefined, `The signature algorithm ${oid} names no digest`);
  return crypto.verifySignature(publicKey.raw, name, message, signature);
}
