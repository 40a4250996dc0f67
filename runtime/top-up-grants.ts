import { z } from 'zod';
import { createTokenReader, createTokenSigner } from './signed-tokens.ts';

/** What the link of a winner's mail is good for in the giftcard domain: to top up one phone with the card of one award. */
export interface TopUpGrant {
  readonly awardId: string;
  readonly cardId: string;
  /** Whose award it is. */
  readonly userId: string;
}

export interface TopUpGrantIssuer {
  issue(grant: TopUpGrant): Promise<string>;
}

/** @throws DomainError token_expired, token_invalid. */
export type TopUpGrantReader = (token: string) => Promise<TopUpGrant>;

/** Not that of access tokens: neither passes for the other. */
const AUDIENCE = 'handsel top-up';
/** Whoever has the link gets another one. */
const TTL_MS = 15 * 60_000;

const claimsSchema = z.object({ sub: z.guid(), award: z.guid(), card: z.guid() });

/** @param jwk the private Ed25519 key, with a `kid`, that signs access tokens. */
export async function createTopUpGrantIssuer(jwk: Record<string, string>): Promise<TopUpGrantIssuer> {
  const sign = await createTokenSigner(jwk, { audience: AUDIENCE, ttlMs: TTL_MS });
  return { issue: ({ awardId, cardId, userId }) => sign(userId, { award: awardId, card: cardId }) };
}

/** @param publicKeys of whoever signs access tokens: nothing is fetched. */
export function createTopUpGrantReader(publicKeys: object): TopUpGrantReader {
  const read = createTokenReader(publicKeys, {
    audience: AUDIENCE,
    schema: claimsSchema,
    expired: 'This has been open for too long. Load the page again.',
    invalid: 'This grant is not one of ours.',
  });
  return async (token) => {
    const { sub, award, card } = (await read(token)).claims;
    return { awardId: award, cardId: card, userId: sub };
  };
}
