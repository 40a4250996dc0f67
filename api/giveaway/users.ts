import { z } from 'zod';
import { describeUser, findUser, grantRoles, type User } from '../../db/identity/users.ts';
import type { Database } from '../../db/connect.ts';
import { DomainError } from '../../domain/errors.ts';
import { ROLES } from '../../domain/roles.ts';
import { uuid } from '../http/amounts.ts';
import { defineRoute, type Route } from '../http/define-route.ts';

export const userSchema = z.object({ id: uuid, displayName: z.string(), roles: z.array(z.enum(ROLES)) });

export const presentUser = ({ id, displayName, roles }: User): z.input<typeof userSchema> => ({
  id,
  displayName,
  roles: [...roles],
});

export const userRoutes = ({ db }: { readonly db: Database }): Route[] => [
  defineRoute({
    method: 'get',
    path: '/v1/users/me',
    summary: 'Who I am',
    auth: 'account.read',
    responses: { 200: { description: 'The user', schema: userSchema } },
    handler: async ({ principal }) => {
      const found = await findUser(db, principal.userId);
      if (!found) throw new DomainError('not_found', 'There is no such user.');
      return { status: 200, body: presentUser(found) };
    },
  }),
  defineRoute({
    method: 'patch',
    path: '/v1/users/me',
    summary: 'Say when I was born and where I live, for giveaways whose rules ask for it',
    auth: 'account.read',
    idempotent: true,
    // Nobody’s date of birth is kept with the key.
    secretMembers: ['birthDate'],
    body: z.object({
      birthDate: z.iso.date().optional(),
      country: z
        .string()
        .regex(/^[A-Z]{2}$/)
        .optional(),
    }),
    responses: { 200: { description: 'The user', schema: userSchema } },
    handler: async ({ body, principal, actor, requestId }) => {
      await describeUser(db, principal.userId, body, { actor, requestId });
      const found = await findUser(db, principal.userId);
      if (!found) throw new DomainError('not_found', 'There is no such user.');
      return { status: 200, body: presentUser(found) };
    },
  }),
  defineRoute({
    method: 'post',
    path: '/v1/users/{userId}/roles',
    summary: 'Grant roles',
    auth: 'roles.grant',
    idempotent: true,
    params: z.object({ userId: uuid }),
    body: z.object({ roles: z.array(z.enum(ROLES)).min(1) }),
    responses: { 200: { description: 'The user with its roles', schema: userSchema } },
    handler: async ({ params, body, actor, requestId }) => ({
      status: 200,
      body: presentUser(await grantRoles(db, { userId: params.userId, roles: body.roles }, { actor, requestId })),
    }),
  }),
];
