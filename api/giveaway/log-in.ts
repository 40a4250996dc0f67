import { z } from 'zod';
import { startSession } from '../../db/identity/sessions.ts';
import { findUserByEmail } from '../../db/identity/users.ts';
import { DomainError } from '../../domain/errors.ts';
import { randomToken, sha256 } from '../../runtime/crypto.ts';
import { verifyPassword } from '../../runtime/passwords.ts';
import { defineRoute, type Route } from '../http/define-route.ts';
import { issueTokens, tokensSchema, type IdentityDependencies } from './issue-tokens.ts';

export const logInRoute = (deps: IdentityDependencies): Route =>
  defineRoute({
    method: 'post',
    path: '/v1/sessions',
    summary: 'Log in',
    auth: 'public',
    body: z.object({ email: z.string().max(254), password: z.string().max(200) }),
    responses: { 201: { description: 'Logged in', schema: tokensSchema } },
    handler: async ({ body, resourceId, requestId }) => {
      await deps.logInLimit.consume(body.email.toLowerCase());
      const user = await findUserByEmail(deps.db, body.email);
      // The same answer, after the same time, for an unknown address and for a wrong password.
      const matches = await verifyPassword(user?.passwordHash, body.password);
      if (!user || !matches)
        throw new DomainError('credentials_invalid', 'The e-mail address or the password is wrong.');
      const refreshToken = randomToken();
      const session = { sessionId: resourceId, userId: user.id, tokenHash: sha256(refreshToken) };
      const cause = { actor: `user:${user.id}`, requestId };
      await startSession(deps.db, { ...session, ttlMs: deps.refreshTokenTtlMs }, cause);
      return { status: 201, body: await issueTokens(deps, user, { sessionId: resourceId, refreshToken }) };
    },
  });
