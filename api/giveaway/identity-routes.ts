import type { Route } from '../http/define-route.ts';
import { apiKeyRoutes } from './api-keys.ts';
import { eraseUserRoute } from './erase-user.ts';
import { exchangeApiKeyRoute } from './exchange-api-key.ts';
import type { IdentityDependencies } from './issue-tokens.ts';
import { jwksRoute } from './jwks.ts';
import { logInRoute } from './log-in.ts';
import { logOutRoute } from './log-out.ts';
import { refreshSessionRoute } from './refresh-session.ts';
import { registerUserRoute } from './register-user.ts';
import { userRoutes } from './users.ts';

/** Registration, sessions, roles, API keys, and the public keys of our tokens. */
export const identityRoutes = (deps: IdentityDependencies): Route[] => [
  registerUserRoute(deps),
  ...userRoutes(deps),
  eraseUserRoute(deps),
  logInRoute(deps),
  refreshSessionRoute(deps),
  logOutRoute(deps),
  ...apiKeyRoutes(deps),
  exchangeApiKeyRoute(deps),
  jwksRoute(deps),
];
