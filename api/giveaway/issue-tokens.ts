import { z } from 'zod';
import type { Database } from '../../db/connect.ts';
import type { User } from '../../db/identity/users.ts';
import type { TokenIssuer } from '../../runtime/access-tokens.ts';
import type { RateLimit } from '../../runtime/rate-limit.ts';
import { presentUser, userSchema } from './users.ts';

export interface IdentityDependencies {
  readonly db: Database;
  readonly issuer: TokenIssuer;
  readonly publicKeys: object;
  readonly refreshTokenTtlMs: number;
  readonly accessTokenTtlMs: number;
  /** Attempts to log in, by e-mail address. */
  readonly logInLimit: RateLimit;
}

export const tokensSchema = z.object({
  accessToken: z.string(),
  refreshToken: z.string(),
  expiresInMs: z.number().meta({ description: 'How long the access token can be used.' }),
  user: userSchema,
});

export async function issueTokens(
  { issuer, accessTokenTtlMs }: IdentityDependencies,
  user: User,
  { sessionId, refreshToken }: { sessionId: string; refreshToken: string },
): Promise<z.input<typeof tokensSchema>> {
  const accessToken = await issuer.issue({ userId: user.id, sessionId, roles: user.roles });
  return { accessToken, refreshToken, expiresInMs: accessTokenTtlMs, user: presentUser(user) };
}
