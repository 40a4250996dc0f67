import { z } from 'zod';
import { isPermission, type Authority } from '../domain/permissions.ts';
import { ROLES } from '../domain/roles.ts';
import { createTokenReader, createTokenSigner } from './signed-tokens.ts';

/** Who makes a request, as their verified token says. */
export interface Principal extends Authority {
  readonly userId: string;
  /** The log-in that the token comes of, or the API key that was exchanged for it. */
  readonly sessionId: string;
  /** `user:<id>` or `api-key:<id>`: what goes into events, memos and log lines. */
  readonly actor: string;
}

/** @throws DomainError token_expired, token_invalid. */
export type TokenVerifier = (token: string) => Promise<Principal>;

const AUDIENCE = 'handsel';

const claimsSchema = z.object({
  sub: z.guid(),
  sid: z.guid(),
  roles: z.array(z.enum(ROLES)),
  /** Only of an API key: the permissions that it is narrowed to. */
  scope: z.string().optional(),
});

/** How many tokens a process remembers to have verified; the oldest is forgotten first. */
const REMEMBERED_TOKENS = 20_000;

interface VerifiedToken {
  readonly principal: Principal;
  readonly expiresAtMs: number;
}

/**
 * Verifies against the keys that we were configured with: nothing is fetched. A signature that was verified is good until
 * the token expires, so that whoever calls often is not verified each time.
 */
export function createTokenVerifier(publicKeys: object): TokenVerifier {
  const read = createTokenReader(publicKeys, {
    audience: AUDIENCE,
    schema: claimsSchema,
    expired: 'The access token has expired.',
    invalid: 'The access token is not valid.',
  });
  const verified = new Map<string, VerifiedToken>();
  const remember = (token: string, what: VerifiedToken): void => {
    if (verified.size >= REMEMBERED_TOKENS) verified.delete(verified.keys().next().value ?? '');
    verified.set(token, what);
  };
  return async (token) => {
    const known = verified.get(token);
    if (known && Date.now() < known.expiresAtMs) return known.principal;
    if (known) verified.delete(token);
    const { claims, expiresAtMs } = await read(token);
    const principal = toPrincipal(claims);
    remember(token, { principal, expiresAtMs });
    return principal;
  };
}

function toPrincipal({ sub, sid, roles, scope }: z.output<typeof claimsSchema>): Principal {
  const common = { userId: sub, sessionId: sid, roles };
  if (scope === undefined) return { ...common, actor: `user:${sub}` };
  return { ...common, actor: `api-key:${sid}`, scopes: scope.split(' ').filter(isPermission) };
}

export interface TokenIssuer {
  issue(principal: Omit<Principal, 'actor'>): Promise<string>;
}

/** @param jwk a private Ed25519 key with a `kid`. */
export async function createTokenIssuer(jwk: Record<string, string>, ttlMs: number): Promise<TokenIssuer> {
  const sign = await createTokenSigner(jwk, { audience: AUDIENCE, ttlMs });
  return {
    issue: ({ userId, sessionId, roles, scopes }) =>
      sign(userId, { sid: sessionId, roles: [...roles], ...(scopes ? { scope: scopes.join(' ') } : {}) }),
  };
}
