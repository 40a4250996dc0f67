import { createLocalJWKSet, errors, importJWK, jwtVerify, SignJWT, type JSONWebKeySet, type JWK } from 'jose';
import { DomainError } from '../domain/errors.ts';
import { isRole, type Role } from '../domain/roles.ts';

export interface Principal {
  readonly userId: string;
  readonly roles: readonly Role[];
}

export type TokenVerifier = (token: string) => Promise<Principal>;

const ISSUER = 'handsel';
const AUDIENCE = 'handsel';
const ALGORITHM = 'EdDSA';

/** @throws DomainError token_expired, token_invalid. */
export function createTokenVerifier(publicKeys: object): TokenVerifier {
  const keys = createLocalJWKSet(publicKeys as JSONWebKeySet);
  return async (token) => {
    try {
      const { payload } = await jwtVerify(token, keys, { issuer: ISSUER, audience: AUDIENCE, algorithms: [ALGORITHM] });
      const roles = Array.isArray(payload['roles']) ? payload['roles'].filter(isRole) : [];
      return { userId: payload.sub ?? '', roles };
    } catch (error) {
      if (error instanceof errors.JWTExpired) throw new DomainError('token_expired', 'The access token has expired.');
      throw new DomainError('token_invalid', 'The access token is not valid.');
    }
  };
}

export interface TokenIssuer {
  issue(principal: Principal): Promise<string>;
}

/** @param jwk a private Ed25519 key with a `kid`. */
export async function createTokenIssuer(jwk: Record<string, string>, ttlMs: number): Promise<TokenIssuer> {
  const key = await importJWK(jwk as JWK, ALGORITHM);
  return {
    issue: ({ userId, roles }) =>
      new SignJWT({ roles: [...roles] })
        .setProtectedHeader({ alg: ALGORITHM, kid: jwk['kid'] ?? '' })
        .setSubject(userId)
        .setIssuer(ISSUER)
        .setAudience(AUDIENCE)
        .setIssuedAt()
        .setExpirationTime(new Date(Date.now() + ttlMs))
        .sign(key),
  };
}
