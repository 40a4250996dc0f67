import { z } from 'zod';
import { rotateRefreshToken } from '../../db/identity/sessions.ts';
import { findUser } from '../../db/identity/users.ts';
import { DomainError } from '../../domain/errors.ts';
import { randomToken, sha256 } from '../../runtime/crypto.ts';
import { defineRoute, type Route } from '../http/define-route.ts';
import { issueTokens, tokensSchema, type IdentityDependencies } from './issue-tokens.ts';

export const refreshSessionRoute = (deps: IdentityDependencies): Route =>
  defineRoute({
    method: 'post',
    path: '/v1/sessions/refresh',
    summary: 'Exchange a refresh token for new tokens; a token that is used twice ends the session',
    auth: 'public',
    body: z.object({ refreshToken: z.string().max(200) }),
    responses: { 201: { description: 'New tokens', schema: tokensSchema } },
    handler: async ({ body, requestId }) => {
      const refreshToken = randomToken();
      const rotation = { tokenHash: sha256(body.refreshToken), nextHash: sha256(refreshToken) };
      const { userId, sessionId } = await rotateRefreshToken(
        deps.db,
        { ...rotation, ttlMs: deps.refreshTokenTtlMs },
        requestId,
      );
      // Read again: the new access token carries the roles of today.
      const user = await findUser(deps.db, userId);
      if (!user) throw new DomainError('token_invalid', 'The user is gone.');
      return { status: 201, body: await issueTokens(deps, user, { sessionId, refreshToken }) };
    },
  });
