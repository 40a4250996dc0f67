import type { Role } from './roles.ts';

/** Who may do what. Whether it is *theirs* is asked where the thing is read. */
export const PERMISSIONS = {
  'account.read': ['participant', 'host', 'merchant', 'finance', 'ops', 'admin'],
  'roles.grant': ['admin'],
  'wallet.fund': ['host'],
  'wallet.read': ['host'],
  'giveaway.manage': ['host'],
  'giveaway.enter': ['participant'],
  'award.claim': ['participant'],
  'merchant.manage': ['merchant'],
  'redemption.create': ['merchant'],
  'card.read': ['participant', 'merchant', 'host', 'finance', 'admin'],
  'card.reveal': ['participant'],
  'settlement.read': ['merchant', 'finance', 'admin'],
  'finance.read': ['finance', 'admin'],
  'finance.decide': ['finance'],
} as const satisfies Record<string, readonly Role[]>;

export type Permission = keyof typeof PERMISSIONS;

export const isPermitted = (roles: readonly Role[], permission: Permission): boolean =>
  (PERMISSIONS[permission] as readonly Role[]).some((role) => roles.includes(role));
