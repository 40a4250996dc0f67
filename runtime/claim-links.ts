import { DomainError } from '../domain/errors.ts';
import { constantTimeEqual, hmacSha256 } from './crypto.ts';
import type { RingKey } from './secret-box.ts';

export interface ClaimLink {
  readonly awardId: string;
  readonly participantId: string;
  readonly expiresAt: Date;
}

/** Tokens that are good for one thing: to claim or decline one award in the name of its winner, until they expire. */
export interface ClaimLinks {
  make(link: ClaimLink): string;
  /** @throws DomainError claim_link_invalid, claim_link_expired. */
  open(token: string, now: Date): ClaimLink;
}

const PURPOSE = 'handsel claim link 1';

/** `keyId.body.mac`; made with the first key of the ring, and opened with whichever they name. */
export function createClaimLinks(ring: readonly RingKey[]): ClaimLinks {
  const [current] = ring;
  if (!current) throw new Error('Claim links need at least one key');
  const mac = ({ id, key }: RingKey, body: string): Buffer =>
    Buffer.from(hmacSha256(key, JSON.stringify([PURPOSE, id, body])));
  return {
    make: ({ awardId, participantId, expiresAt }) => {
      const body = Buffer.from(JSON.stringify([awardId, participantId, expiresAt.getTime()])).toString('base64url');
      return `${current.id}.${body}.${mac(current, body).toString('base64url')}`;
    },
    open: (token, now) => {
      const [id = '', body = '', given = ''] = token.split('.');
      const key = ring.find((candidate) => candidate.id === id);
      if (!key || !constantTimeEqual(Buffer.from(given, 'base64url'), mac(key, body)))
        throw new DomainError('claim_link_invalid', 'This link is not one of ours.');
      const [awardId, participantId, expiresMs] = JSON.parse(Buffer.from(body, 'base64url').toString()) as Body;
      if (expiresMs <= now.getTime()) throw new DomainError('claim_link_expired', 'This link has expired.');
      return { awardId, participantId, expiresAt: new Date(expiresMs) };
    },
  };
}

type Body = readonly [awardId: string, participantId: string, expiresMs: number];
