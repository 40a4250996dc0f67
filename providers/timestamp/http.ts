import { randomBytes } from 'node:crypto';
import type { WitnessCrypto } from '../../domain/witness/algorithms.ts';
import { DerFields, readDer, sameBytes, smallInteger, TAG } from '../../domain/witness/der.ts';
import { readTimestamp } from '../../domain/witness/timestamp-token.ts';
import type { TimestampPort } from './port.ts';

export interface HttpTimestampOptions {
  readonly url: string;
  readonly timeoutMs: number;
  /** Certificates in DER: the authority's own, or of who vouches for it. */
  readonly authorities: readonly Uint8Array[];
  readonly crypto: WitnessCrypto;
}

const SHA256 = Buffer.from('300d06096086480165030402010500', 'hex');
const NONCE_BYTES = 8;

/** RFC 3161 over HTTP. What does not lead to a trusted certificate is no stamp. */
export const httpTimestamp = ({ url, timeoutMs, authorities, crypto }: HttpTimestampOptions): TimestampPort => ({
  stamp: async (sha256) => {
    const nonce = randomBytes(NONCE_BYTES);
    // Neither negative nor with a zero in front: both would have another spelling.
    nonce[0] = ((nonce[0] ?? 0) & 0x7f) | 0x40;
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/timestamp-query', accept: 'application/timestamp-reply' },
      body: queryFor(sha256, nonce),
      signal: AbortSignal.timeout(timeoutMs),
    });
    if (!response.ok) throw new Error(`The time-stamp authority answered ${response.status}`);
    const token = tokenOf(new Uint8Array(await response.arrayBuffer()));
    const stamp = readTimestamp(crypto, token, sha256, authorities);
    if (!stamp.trusted) throw new Error(`The time-stamp of ${stamp.authority} leads to no trusted certificate`);
    if (!stamp.nonce || !sameBytes(stamp.nonce, nonce)) throw new Error('The time-stamp answers another request');
    return token;
  },
});

const element = (tag: number, ...parts: readonly Uint8Array[]): Buffer => {
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.of(tag, content.length), content]);
};

/** Version 1, what is stamped, a nonce, and that the certificate is wanted; all of it short. */
const queryFor = (sha256: Uint8Array, nonce: Uint8Array): Buffer<ArrayBuffer> =>
  Buffer.from(
    element(
      TAG.sequence,
      element(TAG.integer, Buffer.of(1)),
      element(TAG.sequence, SHA256, element(TAG.octetString, sha256)),
      element(TAG.integer, nonce),
      element(TAG.boolean, Buffer.of(0xff)),
    ),
  );

/** 0 is granted, 1 is granted with modifications; what was modified is checked as everything is. */
function tokenOf(reply: Uint8Array): Uint8Array {
  const fields = new DerFields(readDer(reply));
  const status = smallInteger(new DerFields(fields.take(TAG.sequence)).take(TAG.integer));
  if (status > 1) throw new Error(`The time-stamp authority refused with status ${status}`);
  return fields.take(TAG.sequence).raw;
}
