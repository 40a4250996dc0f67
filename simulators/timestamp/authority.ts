import { createHash, createPrivateKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { bits, der, integer, octets, oid, sequence, set, time, TRUE } from './der.ts';

export interface Authority {
  /** Who vouches for it: the certificate, in DER, that others trust. */
  readonly root: Uint8Array;
  readonly certificate: Uint8Array;
  readonly name: Uint8Array;
  readonly privateKey: KeyObject;
}

export const ECDSA_SHA256 = sequence(oid('1.2.840.10045.4.3.2'));
const YEARS_MS = 20 * 365 * 86_400_000;
const nameOf = (text: string): Buffer => sequence(set(sequence(oid('2.5.4.3'), der(0x0c, Buffer.from(text)))));
const ROOT = nameOf('Handsel simulator root');
const STAMPER = nameOf('Handsel simulator time-stamps');

const critical = (id: string, value: Buffer): Buffer => sequence(oid(id), TRUE, octets(value));
const BASIC_CONSTRAINTS = critical('2.5.29.19', sequence(TRUE));
const SIGNS_CERTIFICATES = critical('2.5.29.15', bits(Buffer.of(0x04), 2));
const STAMPS_TIME = critical('2.5.29.37', sequence(oid('1.3.6.1.5.5.7.3.8')));

/** The keys of this data file: made when there are none, kept for ever. */
export function openAuthority(db: DatabaseSync): Authority {
  if (!db.prepare('select 1 from authority').get()) create(db);
  const row = db.prepare('select * from authority').get();
  if (!row) throw new Error('There is no authority');
  const privateKey = createPrivateKey(String(row['private_key']));
  return { root: row['root'] as Uint8Array, certificate: row['certificate'] as Uint8Array, name: ROOT, privateKey };
}

function create(db: DatabaseSync): void {
  const [root, own] = [generateKeyPairSync('ec', P256), generateKeyPairSync('ec', P256)];
  const vouch = { issuer: ROOT, issuerKey: root.privateKey };
  const rootExtensions = [BASIC_CONSTRAINTS, SIGNS_CERTIFICATES];
  const rootCertificate = certify({
    ...vouch,
    subject: ROOT,
    key: root.publicKey,
    serial: 1,
    extensions: rootExtensions,
  });
  const certificate = certify({
    ...vouch,
    subject: STAMPER,
    key: own.publicKey,
    serial: SERIAL,
    extensions: [STAMPS_TIME],
  });
  const privateKey = own.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
  db.prepare('insert into authority (id, root, certificate, private_key) values (1, ?, ?, ?)').run(
    rootCertificate,
    certificate,
    privateKey,
  );
}

const P256 = { namedCurve: 'P-256' };
/** Of the certificate that signs stamps. */
export const SERIAL = 2;

interface Certified {
  readonly subject: Buffer;
  readonly key: KeyObject;
  readonly issuer: Buffer;
  readonly issuerKey: KeyObject;
  readonly serial: number;
  readonly extensions: readonly Buffer[];
}

function certify({ subject, key, issuer, issuerKey, serial, extensions }: Certified): Buffer {
  const now = Date.now();
  const body = sequence(
    der(0xa0, integer(2)),
    integer(serial),
    ECDSA_SHA256,
    issuer,
    // A day of grace for those whose clocks are behind.
    sequence(time(new Date(now - 86_400_000)), time(new Date(now + YEARS_MS))),
    subject,
    key.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(...extensions)),
  );
  return sequence(body, ECDSA_SHA256, bits(sign('sha256', body, issuerKey)));
}

export const sha256 = (data: Uint8Array): Buffer => createHash('sha256').update(data).digest();
