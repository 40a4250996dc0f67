import { z } from 'zod';
import { useApiKey } from '../../db/identity/api-keys.ts';
import { findUser } from '../../db/identity/users.ts';
import { DomainError } from '../../domain/errors.ts';
import { sha256 } from '../../runtime/crypto.ts';
import { defineRoute, type Route } from '../http/define-route.ts';
import type { IdentityDependencies } from './issue-tokens.ts';

/** Every service knows its callers by short tokens alone: only this one knows the keys. */
export const exchangeApiKeyRoute = ({ db, issuer, accessTokenTtlMs }: IdentityDependencies): Route =>
  defineRoute({
    method: 'post',
    path: '/v1/api-keys/exchange',
    summary: 'Exchange an API key for an access token that is narrowed to its scopes',
    auth: 'public',
    body: z.object({ apiKey: z.string().max(200) }),
    responses: {
      201: { description: 'A token', schema: z.object({ accessToken: z.string(), expiresInMs: z.number() }) },
    },
    handler: async ({ body }) => {
      const key = await useApiKey(db, sha256(body.apiKey));
      const user = await findUser(db, key.userId);
      if (!user) throw new DomainError('api_key_invalid', 'The API key is not valid.');
      const { roles } = user;
      const accessToken = await issuer.issue({ userId: key.userId, sessionId: key.id, roles, scopes: key.scopes });
      return { status: 201, body: { accessToken, expiresInMs: accessTokenTtlMs } };
    },
  });
