export const ROLES = ['participant', 'host', 'merchant', 'finance', 'ops', 'admin'] as const;
export type Role = (typeof ROLES)[number];

/** What anybody may take on at registration; the others are granted by an admin. */
export const SELF_ASSIGNABLE_ROLES = ['participant', 'host', 'merchant'] as const satisfies readonly Role[];

export const isRole = (value: unknown): value is Role => ROLES.includes(value as Role);
