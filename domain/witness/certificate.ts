import { requireDraw } from '../draw/invalid-draw.ts';
import { isSigned, type WitnessCrypto } from './algorithms.ts';
import {
  context,
  type Der,
  DerFields,
  expectTag,
  oidText,
  readDer,
  readWithin,
  sameBytes,
  TAG,
  timeInstant,
} from './der.ts';

/** What is read of an X.509 certificate. */
export interface Certificate {
  readonly raw: Uint8Array;
  readonly signedPart: Der;
  readonly algorithm: Der;
  readonly signature: Uint8Array;
  readonly serial: Uint8Array;
  readonly issuer: Uint8Array;
  readonly subject: Uint8Array;
  /** For people. */
  readonly name: string;
  readonly notBefore: string;
  readonly notAfter: string;
  readonly publicKey: Der;
  readonly isAuthority: boolean;
  /** Stamps time, says so critically, and does nothing else. */
  readonly stampsTime: boolean;
  readonly keyId: Uint8Array | undefined;
}

const COMMON_NAME = '2.5.4.3';
const TIME_STAMPING = '1.3.6.1.5.5.7.3.8';
const KEY_ID = '2.5.29.14';
const KEY_USAGE = '2.5.29.15';
const BASIC_CONSTRAINTS = '2.5.29.19';
const POLICIES = '2.5.29.32';
const EXTENDED_USAGE = '2.5.29.37';
const UNDERSTOOD = new Set([KEY_USAGE, BASIC_CONSTRAINTS, POLICIES, EXTENDED_USAGE]);
const SIGNS_CERTIFICATES = 0x04;
const MOST_STEPS = 5;

/** @param bytes the certificate in DER. @throws InvalidDraw */
export function readCertificate(bytes: Uint8Array): Certificate {
  const whole = new DerFields(readDer(bytes));
  const signedPart = whole.take(TAG.sequence);
  const algorithm = whole.take(TAG.sequence);
  const signature = bitString(whole.take(TAG.bitString), 0);
  const fields = new DerFields(signedPart);
  fields.takeIf(context(0));
  const serial = fields.take(TAG.integer).content;
  const same = sameBytes(fields.take(TAG.sequence).raw, algorithm.raw);
  requireDraw(same, 'A certificate names two algorithms for its signature');
  const issuer = fields.take(TAG.sequence).raw;
  const [notBefore, notAfter] = readWithin(fields.take(TAG.sequence), TAG.sequence);
  const subject = fields.take(TAG.sequence);
  const publicKey = fields.take(TAG.sequence);
  const extensions = readExtensions(fields.takeIf(context(3)));
  return {
    raw: bytes,
    signedPart,
    algorithm,
    signature,
    serial,
    issuer,
    subject: subject.raw,
    name: commonName(subject),
    notBefore: timeInstant(notBefore),
    notAfter: timeInstant(notAfter),
    publicKey,
    isAuthority: isAuthority(extensions),
    stampsTime: stampsTime(extensions),
    keyId: extensions.get(KEY_ID)?.value.content,
  };
}

interface Extension {
  readonly critical: boolean;
  readonly value: Der;
}

function readExtensions(element: Der | undefined): Map<string, Extension> {
  const extensions = new Map<string, Extension>();
  if (!element) return extensions;
  for (const extension of readWithin(readDer(element.content), TAG.sequence)) {
    const fields = new DerFields(extension);
    const oid = oidText(fields.take(TAG.oid));
    const critical = fields.takeIf(TAG.boolean)?.content[0] === 0xff;
    requireDraw(!critical || UNDERSTOOD.has(oid), `A certificate depends on ${oid}, which is not known`);
    requireDraw(!extensions.has(oid), `A certificate says ${oid} twice`);
    extensions.set(oid, { critical, value: readDer(fields.take(TAG.octetString).content) });
  }
  return extensions;
}

function isAuthority(extensions: ReadonlyMap<string, Extension>): boolean {
  const constraints = extensions.get(BASIC_CONSTRAINTS);
  const usage = extensions.get(KEY_USAGE);
  const maySign = !usage || ((bitString(usage.value)[0] ?? 0) & SIGNS_CERTIFICATES) !== 0;
  return maySign && new DerFields(constraints?.value ?? EMPTY).takeIf(TAG.boolean)?.content[0] === 0xff;
}

const EMPTY = readDer(Uint8Array.of(TAG.sequence, 0));

function stampsTime(extensions: ReadonlyMap<string, Extension>): boolean {
  const usage = extensions.get(EXTENDED_USAGE);
  if (!usage?.critical) return false;
  return readWithin(usage.value, TAG.sequence).every((purpose) => oidText(purpose) === TIME_STAMPING);
}

/** @param most how many bits of the last byte may be unused. */
function bitString(element: Der, most = 7): Uint8Array {
  const [unused, ...bytes] = expectTag(element, TAG.bitString).content;
  requireDraw(unused !== undefined && unused <= most, 'A DER bit string is malformed');
  return Uint8Array.from(bytes);
}

function commonName(subject: Der): string {
  for (const set of readWithin(subject, TAG.sequence)) {
    for (const pair of readWithin(set, TAG.set)) {
      const [type, value] = readWithin(pair, TAG.sequence);
      if (value && oidText(type) === COMMON_NAME) return printable(value.content);
    }
  }
  return 'an authority without a name';
}

/** What a certificate says of itself is shown to people, so that it must not steer their terminal. */
const printable = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '?')).join('');

const isSignedBy = (crypto: WitnessCrypto, certificate: Certificate, issuer: Certificate): boolean =>
  sameBytes(certificate.issuer, issuer.subject) &&
  isSigned(crypto, {
    publicKey: issuer.publicKey,
    algorithm: certificate.algorithm,
    message: certificate.signedPart.raw,
    signature: certificate.signature,
  });

const isValidAt = ({ notBefore, notAfter }: Certificate, instant: string): boolean =>
  notBefore <= instant && instant <= notAfter;

export interface Path {
  readonly certificate: Certificate;
  /** Certificates that came with it; none of them is trusted for that. */
  readonly others: readonly Certificate[];
  readonly trusted: readonly Certificate[];
  readonly instant: string;
}

/** Whether a trusted certificate is this one, or vouches for it, at that time; at most a few steps. */
export function leadsToTrusted(crypto: WitnessCrypto, { certificate, others, trusted, instant }: Path): boolean {
  let current = certificate;
  for (let step = 0; step < MOST_STEPS && isValidAt(current, instant); step += 1) {
    const reached = current;
    if (trusted.some(({ raw }) => sameBytes(raw, reached.raw))) return true;
    const vouches = (issuer: Certificate): boolean =>
      issuer.isAuthority && isValidAt(issuer, instant) && isSignedBy(crypto, reached, issuer);
    if (trusted.some(vouches)) return true;
    const next = others.find(vouches);
    if (!next) return false;
    current = next;
  }
  return false;
}
