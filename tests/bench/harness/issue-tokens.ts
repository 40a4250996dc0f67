import { randomUUID } from 'node:crypto';
import type { Role } from '../../../domain/roles.ts';
import { createTokenIssuer } from '../../../runtime/access-tokens.ts';
import type { Stack } from '../../../scripts/stack/stack.ts';

const TTL_MS = 24 * 3_600_000;

/** Access tokens as the identity service would issue them, without a log-in for each. */
export async function tokenIssuer(stack: Stack): Promise<(userId: string, role: Role) => Promise<string>> {
  const key = JSON.parse(stack.environment['AUTH_SIGNING_KEY'] ?? '{}') as Record<string, string>;
  const issuer = await createTokenIssuer(key, TTL_MS);
  return (userId, role) => issuer.issue({ userId, sessionId: randomUUID(), roles: [role] });
}
