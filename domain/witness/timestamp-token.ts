import { instantMs } from '../draw/instant.ts';
import { requireDraw } from '../draw/invalid-draw.ts';
import { type DigestName, digestOf, isSigned, type WitnessCrypto } from './algorithms.ts';
import { type Certificate, leadsToTrusted, readCertificate } from './certificate.ts';
import {
  context,
  type Der,
  DerFields,
  oidText,
  readDer,
  readWithin,
  sameBytes,
  smallInteger,
  TAG,
  timeInstant,
} from './der.ts';

/** What a time-stamp (RFC 3161) says: these bytes existed then. */
export interface Timestamp {
  readonly instant: string;
  /** With what the authority says of its own accuracy: the digest existed at the latest then, in milliseconds since 1970. */
  readonly latestMs: number;
  readonly authority: string;
  /** The chain of the authority's certificate leads to one that the caller trusts. */
  readonly trusted: boolean;
  /** Hex; which request this answers. */
  readonly nonce: Uint8Array | undefined;
}

const SIGNED_DATA = '1.2.840.113549.1.7.2';
const TIME_STAMP_INFO = '1.2.840.113549.1.9.16.1.4';
const CONTENT_TYPE = '1.2.840.113549.1.9.3';
const MESSAGE_DIGEST = '1.2.840.113549.1.9.4';
const SIGNING_CERTIFICATE = '1.2.840.113549.1.9.16.2.12';
const SIGNING_CERTIFICATE_V2 = '1.2.840.113549.1.9.16.2.47';
/** `[0]` without other elements in it. */
const BY_KEY_ID = 0x80;
const MOST_CERTIFICATES = 10;

/**
 * Reads a time-stamp token and checks all of it: that it is about this digest, signed by the certificate that it names,
 * and that this certificate may stamp time and was valid then.
 * @param token a ContentInfo in DER, as `openssl ts` writes with `-token_out`.
 * @param sha256 what was stamped.
 * @param trusted certificates in DER; with none of them the token vouches for itself alone.
 * @throws InvalidDraw saying what is wrong with it.
 */
export function readTimestamp(
  crypto: WitnessCrypto,
  token: Uint8Array,
  sha256: Uint8Array,
  trusted: readonly Uint8Array[] = [],
): Timestamp {
  const { info, certificates, signer } = readSignedData(token);
  const stamp = readInfo(info, sha256);
  const certificate = certificates.find((candidate) => isNamed(candidate, signer.certificateName));
  requireDraw(certificate !== undefined, 'The time-stamp does not hold the certificate that signed it');
  requireSignedBy(crypto, signer, certificate, info);
  requireDraw(certificate.stampsTime, `The certificate of ${certificate.name} is not for time-stamps`);
  const isValid = certificate.notBefore <= stamp.instant && stamp.instant <= certificate.notAfter;
  requireDraw(isValid, `The certificate of ${certificate.name} was not valid at ${stamp.instant}`);
  const path = { certificate, others: certificates, trusted: trusted.map(readCertificate), instant: stamp.instant };
  return { ...stamp, authority: certificate.name, trusted: leadsToTrusted(crypto, path) };
}

interface Signer {
  readonly certificateName: Der;
  readonly digest: DigestName;
  readonly attributes: Der;
  readonly algorithm: Der;
  readonly signature: Uint8Array;
}

function readSignedData(token: Uint8Array) {
  const outer = new DerFields(readDer(token));
  requireDraw(oidText(outer.take(TAG.oid)) === SIGNED_DATA, 'Not a signed document');
  const fields = new DerFields(readDer(outer.take(context(0)).content));
  requireDraw(smallInteger(fields.take(TAG.integer)) === 3, 'The version of the signed document is not known');
  const digests = readWithin(fields.take(TAG.set), TAG.set).map(digestOf);
  const content = new DerFields(fields.take(TAG.sequence));
  requireDraw(oidText(content.take(TAG.oid)) === TIME_STAMP_INFO, 'Not a time-stamp');
  const info = readDer(content.take(context(0)).content, TAG.octetString).content;
  const held = fields.takeIf(context(0));
  fields.takeIf(context(1));
  const signers = readWithin(fields.take(TAG.set), TAG.set);
  requireDraw(signers.length === 1, 'A time-stamp has one signer');
  const certificates = held ? readWithin(held, context(0)) : [];
  requireDraw(certificates.length <= MOST_CERTIFICATES, 'The time-stamp holds too many certificates');
  const signer = readSigner(signers[0]);
  requireDraw(digests.length === 1 && digests[0] === signer.digest, 'The signed document announces another digest');
  return { info, certificates: certificates.map(({ raw }) => readCertificate(raw)), signer };
}

function readSigner(element: Der | undefined): Signer {
  const fields = new DerFields(element);
  const version = smallInteger(fields.take(TAG.integer));
  const certificateName = fields.takeAny();
  requireDraw(version === (certificateName.tag === BY_KEY_ID ? 3 : 1), 'The version of the signer is not known');
  return {
    certificateName,
    digest: digestOf(fields.take(TAG.sequence)),
    attributes: fields.take(context(0)),
    algorithm: fields.take(TAG.sequence),
    signature: fields.take(TAG.octetString).content,
  };
}

/** By issuer and serial number, or by the id of its key. */
function isNamed({ issuer, serial, keyId }: Certificate, name: Der): boolean {
  if (name.tag === BY_KEY_ID) return keyId !== undefined && sameBytes(keyId, name.content);
  const fields = new DerFields(name);
  return sameBytes(fields.take(TAG.sequence).raw, issuer) && sameBytes(fields.take(TAG.integer).content, serial);
}

function requireSignedBy(crypto: WitnessCrypto, signer: Signer, certificate: Certificate, info: Uint8Array): void {
  const { digest, attributes, algorithm, signature } = signer;
  const values = readAttributes(attributes);
  requireDraw(oidText(values.get(CONTENT_TYPE)) === TIME_STAMP_INFO, 'The signature is not of a time-stamp');
  const signedDigest = values.get(MESSAGE_DIGEST);
  const isOfInfo = signedDigest !== undefined && sameBytes(signedDigest.content, crypto.digest(digest, info));
  requireDraw(isOfInfo, 'The signature is of another time-stamp');
  requireSameCertificate(crypto, values, certificate);
  // What is signed is the same list under its own tag instead of the one that it has as a part of the signer.
  const message = Uint8Array.from(attributes.raw);
  message[0] = TAG.set;
  const signed = isSigned(crypto, { publicKey: certificate.publicKey, algorithm, message, signature, digest });
  requireDraw(signed, 'The signature of the time-stamp is wrong');
}

function readAttributes(attributes: Der): Map<string, Der> {
  const values = new Map<string, Der>();
  for (const attribute of readWithin(attributes, context(0))) {
    const fields = new DerFields(attribute);
    const oid = oidText(fields.take(TAG.oid));
    const [value, ...others] = readWithin(fields.take(TAG.set), TAG.set);
    requireDraw(
      value !== undefined && others.length === 0 && !values.has(oid),
      `The attribute ${oid} has not one value`,
    );
    values.set(oid, value);
  }
  return values;
}

/** The signer says which certificate is meant, so that nobody can put another one with the same key in its place. */
function requireSameCertificate(crypto: WitnessCrypto, values: ReadonlyMap<string, Der>, { raw }: Certificate): void {
  const newer = values.get(SIGNING_CERTIFICATE_V2);
  const older = values.get(SIGNING_CERTIFICATE);
  requireDraw(newer !== undefined || older !== undefined, 'The time-stamp does not say whose it is');
  const [first] = readWithin(readWithin(newer ?? older, TAG.sequence)[0], TAG.sequence);
  const fields = new DerFields(first);
  const algorithm = newer ? fields.takeIf(TAG.sequence) : undefined;
  const name = newer ? (algorithm ? digestOf(algorithm) : 'sha256') : 'sha1';
  const same = sameBytes(fields.take(TAG.octetString).content, crypto.digest(name, raw));
  requireDraw(same, 'The time-stamp is of another certificate');
}

function readInfo(info: Uint8Array, sha256: Uint8Array) {
  const fields = new DerFields(readDer(info));
  requireDraw(smallInteger(fields.take(TAG.integer)) === 1, 'The version of the time-stamp is not known');
  fields.take(TAG.oid);
  const imprint = new DerFields(fields.take(TAG.sequence));
  requireDraw(digestOf(imprint.take(TAG.sequence)) === 'sha256', 'The time-stamp is not of a SHA-256 digest');
  const stamped = imprint.take(TAG.octetString).content;
  requireDraw(sameBytes(stamped, sha256), 'The time-stamp is about something else');
  fields.take(TAG.integer);
  const instant = timeInstant(fields.take(TAG.generalizedTime));
  const accuracyMs = readAccuracyMs(fields.takeIf(TAG.sequence));
  fields.takeIf(TAG.boolean);
  const nonce = fields.takeIf(TAG.integer)?.content;
  return { instant, latestMs: instantMs(instant) + accuracyMs, nonce };
}

/** Seconds, then `[0]` milliseconds and `[1]` microseconds; each may be left out. */
function readAccuracyMs(accuracy: Der | undefined): number {
  if (!accuracy) return 0;
  const fields = new DerFields(accuracy);
  const part = (tag: number): number => {
    const value = fields.takeIf(tag);
    return value ? smallInteger(value) : 0;
  };
  return part(TAG.integer) * 1_000 + part(0x80) + Math.ceil(part(0x81) / 1_000);
}
