import type { Database } from '../../db/connect.ts';
import { endSession } from '../../db/identity/sessions.ts';
import { defineRoute, type Route } from '../http/define-route.ts';

export const logOutRoute = ({ db }: { readonly db: Database }): Route =>
  defineRoute({
    method: 'delete',
    path: '/v1/sessions/current',
    summary: 'Log out: the refresh token ends at once, the access token with its few minutes',
    auth: 'session.end',
    responses: { 204: { description: 'Logged out' } },
    handler: async ({ principal, actor, requestId }) => {
      await endSession(db, principal, { actor, requestId });
      return { status: 204 };
    },
  });
