import { sign } from 'node:crypto';
import { ECDSA_SHA256, SERIAL, sha256, type Authority } from './authority.ts';
import { der, elements, integer, octets, oid, preciseTime, sequence, set, type Element } from './der.ts';

const SHA256 = sequence(oid('2.16.840.1.101.3.4.2.1'));
const TST_INFO = oid('1.2.840.113549.1.9.16.1.4');
const POLICY = oid('1.3.6.1.4.1.99999.1');
const REJECTION = 2;

export interface Query {
  readonly imprint: Element;
  readonly digest: Buffer;
  readonly nonce: Buffer | undefined;
}

/** @throws when the request is not one of RFC 3161. */
export function readQuery(bytes: Buffer): Query {
  const [query] = elements(bytes);
  const [version, imprint, ...options] = elements(query?.content ?? Buffer.alloc(0));
  const digest = imprint && elements(imprint.content)[1]?.content;
  if (version?.tag !== 0x02 || !imprint || !digest) throw new RangeError('Not a request');
  return { imprint, digest, nonce: options.find(({ tag }) => tag === 0x02)?.raw };
}

/** @param digest what is stamped, which is what was asked for unless the authority lies. */
export function stamp(authority: Authority, query: Query, digest: Buffer, at: { date: Date; serial: number }): Buffer {
  const [algorithm] = elements(query.imprint.content);
  const info = sequence(
    integer(1),
    POLICY,
    sequence(algorithm?.raw ?? SHA256, octets(digest)),
    integer(at.serial),
    preciseTime(at.date),
    sequence(der(0x80, Buffer.of(10))),
    ...(query.nonce ? [query.nonce] : []),
  );
  return sequence(sequence(integer(0)), token(authority, info));
}

export const refusal = (): Buffer => sequence(sequence(integer(REJECTION), der(0x03, Buffer.of(5, 0x20))));

function token({ certificate, name, privateKey }: Authority, info: Buffer): Buffer {
  const named = sequence(sequence(sequence(octets(sha256(certificate)))));
  const attributes = [
    sequence(oid('1.2.840.113549.1.9.3'), set(TST_INFO)),
    sequence(oid('1.2.840.113549.1.9.4'), set(octets(sha256(info)))),
    sequence(oid('1.2.840.113549.1.9.16.2.47'), set(named)),
  ].toSorted((left, right) => left.compare(right));
  const signer = sequence(
    integer(1),
    sequence(name, integer(SERIAL)),
    SHA256,
    der(0xa0, ...attributes),
    ECDSA_SHA256,
    octets(sign('sha256', set(...attributes), privateKey)),
  );
  const content = sequence(TST_INFO, der(0xa0, octets(info)));
  const signed = sequence(integer(3), set(SHA256), content, der(0xa0, certificate), set(signer));
  return sequence(oid('1.2.840.113549.1.7.2'), der(0xa0, signed));
}
