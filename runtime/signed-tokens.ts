import {
  createLocalJWKSet,
  errors,
  importJWK,
  jwtVerify,
  SignJWT,
  type JSONWebKeySet,
  type JWK,
  type JWTPayload,
} from 'jose';
import { z } from 'zod';
import { DomainError } from '../domain/errors.ts';

const ISSUER = 'handsel';
const ALGORITHM = 'EdDSA';

/** Public keys with ids: a private one that got here would be published with the others. */
const publicKeySchema = z
  .looseObject({ kty: z.string(), kid: z.string() })
  .refine((key) => !('d' in key), 'private key');
const keySetSchema = z.object({ keys: z.array(publicKeySchema).min(1) });

/** @throws ZodError when it is not a JSON Web Key Set of public keys with ids. */
const parseKeySet = (value: unknown): JSONWebKeySet => keySetSchema.parse(value);

export interface SignerOptions {
  /** What the token is for: one of another audience does not pass. */
  readonly audience: string;
  readonly ttlMs: number;
}

/**
 * @param jwk a private Ed25519 key with a `kid`.
 * @returns makes a token of claims about somebody.
 */
export async function createTokenSigner(
  jwk: Record<string, string>,
  { audience, ttlMs }: SignerOptions,
): Promise<(subject: string, claims: JWTPayload) => Promise<string>> {
  const key = await importJWK(jwk as JWK, ALGORITHM);
  return (subject, claims) =>
    new SignJWT(claims)
      .setProtectedHeader({ alg: ALGORITHM, kid: jwk['kid'] ?? '' })
      .setSubject(subject)
      .setIssuer(ISSUER)
      .setAudience(audience)
      .setIssuedAt()
      .setExpirationTime(new Date(Date.now() + ttlMs))
      .sign(key);
}

export interface ReaderOptions<T> {
  readonly audience: string;
  readonly schema: z.ZodType<T>;
  /** What is told of one that has expired, and of any other that does not pass. */
  readonly expired: string;
  readonly invalid: string;
}

/**
 * Verifies against the keys that we were configured with: nothing is fetched.
 * @returns reads a token's claims, and when it ends, in milliseconds since 1970. @throws DomainError token_expired, token_invalid.
 */
export function createTokenReader<T>(
  publicKeys: object,
  { audience, schema, expired, invalid }: ReaderOptions<T>,
): (token: string) => Promise<{ readonly claims: T; readonly expiresAtMs: number }> {
  const keys = createLocalJWKSet(parseKeySet(publicKeys));
  const expected = { issuer: ISSUER, audience, algorithms: [ALGORITHM], requiredClaims: ['exp'] };
  return async (token) => {
    try {
      const { payload } = await jwtVerify(token, keys, expected);
      return { claims: schema.parse(payload), expiresAtMs: (payload.exp ?? 0) * 1_000 };
    } catch (error) {
      if (error instanceof errors.JWTExpired) throw new DomainError('token_expired', expired);
      throw new DomainError('token_invalid', invalid);
    }
  };
}
