import { z } from 'zod';
import type { Database } from '../../db/connect.ts';
import { rotateRefreshToken, saveRefreshToken } from '../../db/identity/refresh-tokens.ts';
import { findUser, findUserByEmail, grantRoles, registerUser, type User } from '../../db/identity/users.ts';
import { DomainError } from '../../domain/errors.ts';
import { ROLES, SELF_ASSIGNABLE_ROLES } from '../../domain/roles.ts';
import type { TokenIssuer } from '../../runtime/access-tokens.ts';
import { randomToken, sha256 } from '../../runtime/crypto.ts';
import { hashPassword, verifyPassword } from '../../runtime/passwords.ts';
import type { RateLimit } from '../../runtime/rate-limit.ts';
import { uuid } from '../http/amounts.ts';
import { defineRoute, type Route } from '../http/define-route.ts';

export interface IdentityDependencies {
  readonly db: Database;
  readonly issuer: TokenIssuer;
  readonly publicKeys: object;
  readonly refreshTokenTtlMs: number;
  readonly accessTokenTtlMs: number;
  /** Attempts to log in, by e-mail address. */
  readonly logInLimit: RateLimit;
}

const user = z.object({ id: uuid, displayName: z.string(), roles: z.array(z.enum(ROLES)) });
const session = z.object({ accessToken: z.string(), refreshToken: z.string(), expiresInMs: z.number(), user });

const toView = ({ id, displayName, roles }: User) => ({ id, displayName, roles });

/** Registration, sessions, roles, and the public keys of our tokens. */
export const identityRoutes = (deps: IdentityDependencies): Route[] => [
  defineRoute({
    method: 'post',
    path: '/v1/users',
    summary: 'Register',
    auth: 'public',
    idempotent: true,
    body: z.object({
      email: z.email().max(254),
      password: z.string().min(10).max(200),
      displayName: z.string().trim().min(1).max(80),
      roles: z.array(z.enum(ROLES)).min(1).default(['participant']),
    }),
    responses: { 201: { description: 'Registered', schema: user } },
    handler: async ({ body, resourceId, requestId }) => {
      const refused = body.roles.find((role) => !(SELF_ASSIGNABLE_ROLES as readonly string[]).includes(role));
      if (refused)
        throw new DomainError('role_not_self_assignable', `The role ${refused} is granted by an admin.`, {
          role: refused,
        });
      const passwordHash = await hashPassword(body.password);
      const cause = { actor: `user:${resourceId}`, requestId };
      return {
        status: 201,
        body: toView(await registerUser(deps.db, { ...body, id: resourceId, passwordHash }, cause)),
      };
    },
  }),
  defineRoute({
    method: 'post',
    path: '/v1/sessions',
    summary: 'Log in',
    auth: 'public',
    body: z.object({ email: z.string().max(254), password: z.string().max(200) }),
    responses: { 201: { description: 'Logged in', schema: session } },
    handler: async ({ body }) => {
      await deps.logInLimit.consume(body.email.toLowerCase());
      const found = await findUserByEmail(deps.db, body.email);
      // The same answer, after the same time, for an unknown address and for a wrong password.
      const matches = await verifyPassword(found?.passwordHash, body.password);
      if (!found || !matches)
        throw new DomainError('credentials_invalid', 'The e-mail address or the password is wrong.');
      return { status: 201, body: await openSession(deps, found) };
    },
  }),
  defineRoute({
    method: 'post',
    path: '/v1/sessions/refresh',
    summary: 'Exchange a refresh token for new tokens; a token that is used twice ends the session',
    auth: 'public',
    body: z.object({ refreshToken: z.string().max(200) }),
    responses: { 201: { description: 'New tokens', schema: session } },
    handler: async ({ body }) => {
      const refreshToken = randomToken();
      const hashes = { tokenHash: sha256(body.refreshToken), nextHash: sha256(refreshToken) };
      const { userId } = await rotateRefreshToken(deps.db, { ...hashes, ttlMs: deps.refreshTokenTtlMs });
      const found = await findUser(deps.db, userId);
      if (!found) throw new DomainError('token_invalid', 'The user is gone.');
      return { status: 201, body: await tokensFor(deps, found, refreshToken) };
    },
  }),
  defineRoute({
    method: 'get',
    path: '/v1/users/me',
    summary: 'Who I am',
    auth: 'account.read',
    responses: { 200: { description: 'The user', schema: user } },
    handler: async ({ principal }) => {
      const found = await findUser(deps.db, principal.userId);
      if (!found) throw new DomainError('not_found', 'There is no such user.');
      return { status: 200, body: toView(found) };
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
    responses: { 200: { description: 'The user with its roles', schema: user } },
    handler: async ({ params, body, actor, requestId }) => ({
      status: 200,
      body: toView(await grantRoles(deps.db, { userId: params.userId, roles: body.roles }, { actor, requestId })),
    }),
  }),
  defineRoute({
    method: 'get',
    path: '/.well-known/jwks.json',
    summary: 'Public keys of the access tokens',
    auth: 'public',
    responses: { 200: { description: 'A JSON Web Key Set' } },
    handler: () => Promise.resolve({ status: 200, body: deps.publicKeys }),
  }),
];

async function openSession(deps: IdentityDependencies, found: User) {
  const refreshToken = randomToken();
  await saveRefreshToken(deps.db, {
    tokenHash: sha256(refreshToken),
    familyId: crypto.randomUUID(),
    userId: found.id,
    ttlMs: deps.refreshTokenTtlMs,
  });
  return tokensFor(deps, found, refreshToken);
}

async function tokensFor(deps: IdentityDependencies, found: User, refreshToken: string) {
  const accessToken = await deps.issuer.issue({ userId: found.id, roles: found.roles });
  return { accessToken, refreshToken, expiresInMs: deps.accessTokenTtlMs, user: toView(found) };
}
