import { X509Certificate } from 'node:crypto';

const PEM = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** The certificates of a PEM text, in DER. @throws when there is none, or one is malformed. */
export function readCertificates(pem: string): Uint8Array[] {
  const blocks = pem.match(PEM) ?? [];
  if (blocks.length === 0) throw new Error('There is no certificate in PEM');
  return blocks.map((block) => new X509Certificate(block).raw);
}
