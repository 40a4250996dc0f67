import { DomainError } from './errors.ts';

export const ROLES = ['participant', 'host', 'merchant', 'finance', 'ops', 'admin'] as const;
export type Role = (typeof ROLES)[number];

/** What anybody may take on at registration; the others are granted by an admin. */
const SELF_ASSIGNABLE_ROLES: readonly Role[] = ['participant', 'host', 'merchant'];

/** @throws DomainError role_not_self_assignable. */
export function assertSelfAssignable(roles: readonly Role[]): void {
  const role = roles.find((candidate) => !SELF_ASSIGNABLE_ROLES.includes(candidate));
  if (role) throw new DomainError('role_not_self_assignable', `The role ${role} is granted by an admin.`, { role });
}
