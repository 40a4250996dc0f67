import { z } from 'zod';
import { createApiKey, listApiKeys, revokeApiKey, type ApiKey } from '../../db/identity/api-keys.ts';
import type { Database } from '../../db/connect.ts';
import { DomainError } from '../../domain/errors.ts';
import { isPermitted, PERMISSIONS, type Permission } from '../../domain/permissions.ts';
import { randomToken, sha256 } from '../../runtime/crypto.ts';
import { uuid } from '../http/amounts.ts';
import { defineRoute, type Route } from '../http/define-route.ts';

/** Tells an API key from everything else, for people and for scanners of leaked secrets. */
const PREFIX = 'hsk_';

const permission = z.enum(Object.keys(PERMISSIONS) as [Permission, ...Permission[]]);
const apiKeySchema = z.object({
  id: uuid,
  name: z.string(),
  scopes: z.array(permission),
  createdAt: z.iso.datetime(),
  lastUsedAt: z.iso.datetime().nullable(),
  revokedAt: z.iso.datetime().nullable(),
});

const present = ({ id, name, scopes, createdAt, lastUsedAt, revokedAt }: ApiKey): z.input<typeof apiKeySchema> => ({
  id,
  name,
  scopes: [...scopes],
  createdAt: createdAt.toISOString(),
  lastUsedAt: lastUsedAt?.toISOString() ?? null,
  revokedAt: revokedAt?.toISOString() ?? null,
});

export const apiKeyRoutes = ({ db }: { readonly db: Database }): Route[] => [
  defineRoute({
    method: 'post',
    path: '/v1/api-keys',
    summary: 'Make an API key; it is shown this once',
    auth: 'api-key.manage',
    body: z.object({ name: z.string().trim().min(1).max(80), scopes: z.array(permission).min(1) }),
    responses: { 201: { description: 'Made', schema: apiKeySchema.extend({ apiKey: z.string() }) } },
    handler: async ({ body, principal, resourceId, actor, requestId }) => {
      // Nobody hands on what they may not do themselves.
      const refused = body.scopes.find((scope) => !isPermitted(principal, scope));
      if (refused) throw new DomainError('forbidden', `You may not do this yourself: ${refused}.`, { scope: refused });
      const apiKey = PREFIX + randomToken();
      const key = { ...body, id: resourceId, userId: principal.userId, keyHash: sha256(apiKey) };
      return { status: 201, body: { ...present(await createApiKey(db, key, { actor, requestId })), apiKey } };
    },
  }),
  defineRoute({
    method: 'get',
    path: '/v1/api-keys',
    summary: 'My API keys, without the keys',
    auth: 'api-key.manage',
    responses: { 200: { description: 'The keys', schema: z.object({ data: z.array(apiKeySchema) }) } },
    handler: async ({ principal }) => ({
      status: 200,
      body: { data: (await listApiKeys(db, principal.userId)).map(present) },
    }),
  }),
  defineRoute({
    method: 'delete',
    path: '/v1/api-keys/{apiKeyId}',
    summary: 'Revoke an API key; tokens that it was exchanged for end with their few minutes',
    auth: 'api-key.manage',
    params: z.object({ apiKeyId: uuid }),
    responses: { 200: { description: 'Revoked', schema: apiKeySchema } },
    handler: async ({ params, principal, actor, requestId }) => ({
      status: 200,
      body: present(await revokeApiKey(db, { id: params.apiKeyId, userId: principal.userId }, { actor, requestId })),
    }),
  }),
];
