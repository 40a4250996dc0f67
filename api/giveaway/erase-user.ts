import { z } from 'zod';
import { eraseUser } from '../../db/giveaway/erase-user.ts';
import { findUser } from '../../db/identity/users.ts';
import { DomainError } from '../../domain/errors.ts';
import { verifyPassword } from '../../runtime/passwords.ts';
import { uuid } from '../http/amounts.ts';
import { defineRoute, type Route } from '../http/define-route.ts';
import type { IdentityDependencies } from './issue-tokens.ts';

export const eraseUserRoute = ({ db, logInLimit }: Pick<IdentityDependencies, 'db' | 'logInLimit'>): Route =>
  defineRoute({
    method: 'post',
    path: '/v1/users/me/erasure',
    summary: 'Erase who I am: proofs stay valid, and nobody can find me in them',
    auth: 'account.read',
    idempotent: true,
    secretMembers: ['password'],
    body: z.object({
      /** Asked for again: a token that was stolen erases nobody. */
      password: z.string().max(200),
      abandonPrizes: z.boolean().default(false),
    }),
    responses: { 200: { description: 'Erased', schema: z.object({ userId: uuid, erasedAt: z.string() }) } },
    handler: async ({ body: { password, abandonPrizes }, principal: { userId }, actor, requestId }) => {
      await logInLimit.consume(userId);
      const user = await findUser(db, userId);
      if (!(await verifyPassword(user?.passwordHash, password)))
        throw new DomainError('credentials_invalid', 'The password is wrong.');
      return { status: 200, body: await eraseUser(db, { userId, abandonPrizes }, { actor, requestId }) };
    },
  });
