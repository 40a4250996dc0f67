import { ROLES, type Role } from './roles.ts';

/** Who may do what. Whether it is *theirs* is asked where the thing is read. */
export const PERMISSIONS = {
  'account.read': ROLES,
  'session.end': ROLES,
  'api-key.manage': ROLES,
  'roles.grant': ['admin'],
  'wallet.fund': ['host'],
  'wallet.read': ['host'],
  'wallet.withdraw': ['host'],
  'wallet.control': ['finance', 'admin'],
  'giveaway.manage': ['host'],
  'giveaway.judge': ['host', 'ops', 'admin'],
  'giveaway.enter': ['participant'],
  'award.claim': ['participant'],
  'merchant.manage': ['merchant'],
  /** Registering resellers of airtime. */
  'airtime.manage': ['ops', 'admin'],
  'card.issue': ['host'],
  'redemption.create': ['merchant'],
  'redemption.refund': ['merchant', 'finance'],
  'card.read': ['participant', 'merchant', 'host', 'finance', 'admin'],
  'card.reveal': ['participant'],
  /** Topping up a phone with a card of one's own. */
  'airtime.vend': ['participant'],
  'card.freeze': ['merchant', 'finance'],
  'settlement.quote': ['merchant', 'host', 'finance'],
  'rate.manage': ['finance'],
  'settlement.read': ['merchant', 'finance', 'admin'],
  'finance.read': ['finance', 'admin'],
  'finance.decide': ['finance'],
} as const satisfies Record<string, readonly Role[]>;

export type Permission = keyof typeof PERMISSIONS;

export const isPermission = (value: string): value is Permission => Object.hasOwn(PERMISSIONS, value);

export interface Authority {
  readonly roles: readonly Role[];
  /** An API key narrows what its owner may do; absent for a person who logged in. */
  readonly scopes?: readonly Permission[];
}

export function isPermitted({ roles, scopes }: Authority, permission: Permission): boolean {
  const allowed: readonly Role[] = PERMISSIONS[permission];
  return roles.some((role) => allowed.includes(role)) && (scopes === undefined || scopes.includes(permission));
}
