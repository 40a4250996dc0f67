import { createLocalJWKSet, errors, importJWK, jwtVerify, SignJWT, type JSONWebKeySet, type JWK } from 'jose';
import { z } from 'zod';
import { DomainError } from '../domain/errors.ts';
import { isPermission, type Authority } from '../domain/permissions.ts';
import { ROLES } from '../domain/roles.ts';

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

const ISSUER = 'handsel';
const AUDIENCE = 'handsel';
const ALGORITHM = 'EdDSA';

const claimsSchema = z.object({
  sub: z.guid(),
  sid: z.guid(),
  roles: z.array(z.enum(ROLES)),
  /** Only of an API key: the permissions that it is narrowed to. */
  scope: z.string().optional(),
});

/** Public keys with ids: a private one that got here would be published with the others. */
const publicKeySchema = z
  .looseObject({ kty: z.string(), kid: z.string() })
  .refine((key) => !('d' in key), 'private key');
const keySetSchema = z.object({ keys: z.array(publicKeySchema).min(1) });

/** @throws ZodError when it is not a JSON Web Key Set of public keys with ids. */
const parseKeySet = (value: unknown): JSONWebKeySet => keySetSchema.parse(value);

/** How many tokens a process remembers to have verified; the oldest is forgotten first. */
const REMEMBERED_TOKENS = 5_000;

interface VerifiedToken {
  readonly principal: Principal;
  readonly expiresAtMs: number;
}

/**
 * Verifies against the keys that we were configured with: nothing is fetched. A signature that was verified is good until
 * the token expires, so that whoever calls often is not verified each time.
 */
export function createTokenVerifier(publicKeys: object): TokenVerifier {
  const keys = createLocalJWKSet(parseKeySet(publicKeys));
  const expected = { issuer: ISSUER, audience: AUDIENCE, algorithms: [ALGORITHM], requiredClaims: ['exp'] };
  const verified = new Map<string, VerifiedToken>();
  const remember = (token: string, what: VerifiedToken): void => {
    if (verified.size >= REMEMBERED_TOKENS) verified.delete(verified.keys().next().value ?? '');
    verified.set(token, what);
  };
  return async (token) => {
    const known = verified.get(token);
    if (known && Date.now() < known.expiresAtMs) return known.principal;
    try {
      const { payload } = await jwtVerify(token, keys, expected);
      const principal = toPrincipal(claimsSchema.parse(payload));
      remember(token, { principal, expiresAtMs: (payload.exp ?? 0) * 1_000 });
      return principal;
    } catch (error) {
      verified.delete(token);
      if (error instanceof errors.JWTExpired) throw new DomainError('token_expired', 'The access token has expired.');
      throw new DomainError('token_invalid', 'The access token is not valid.');
    }
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
  const key = await importJWK(jwk as JWK, ALGORITHM);
  return {
    issue: ({ userId, sessionId, roles, scopes }) =>
      new SignJWT({ sid: sessionId, roles: [...roles], ...(scopes ? { scope: scopes.join(' ') } : {}) })
        .setProtectedHeader({ alg: ALGORITHM, kid: jwk['kid'] ?? '' })
        .setSubject(userId)
        .setIssuer(ISSUER)
        .setAudience(AUDIENCE)
        .setIssuedAt()
        .setExpirationTime(new Date(Date.now() + ttlMs))
        .sign(key),
  };
}
