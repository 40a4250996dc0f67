import { z } from 'zod';
import type { Database } from '../../db/connect.ts';
import { registerUser } from '../../db/identity/users.ts';
import { assertSelfAssignable, ROLES } from '../../domain/roles.ts';
import { hashPassword } from '../../runtime/passwords.ts';
import { defineRoute, type Route } from '../http/define-route.ts';
import { presentUser, userSchema } from './users.ts';

export const registerUserRoute = ({ db }: { readonly db: Database }): Route =>
  defineRoute({
    method: 'post',
    path: '/v1/users',
    summary: 'Register',
    auth: 'public',
    idempotent: true,
    // A fast hash of a password, kept with the key, would undo the slow one that is kept with the user.
    secretMembers: ['password'],
    body: z.object({
      email: z.email().max(254),
      password: z.string().min(10).max(200),
      displayName: z.string().trim().min(1).max(80),
      roles: z.array(z.enum(ROLES)).min(1).default(['participant']),
    }),
    responses: { 201: { description: 'Registered', schema: userSchema } },
    handler: async ({ body, resourceId, requestId }) => {
      assertSelfAssignable(body.roles);
      const { email, displayName, roles } = body;
      const user = { id: resourceId, email, displayName, roles, passwordHash: await hashPassword(body.password) };
      const registered = await registerUser(db, user, { actor: `user:${resourceId}`, requestId });
      return { status: 201, body: presentUser(registered) };
    },
  });
