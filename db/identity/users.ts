import type { Cause } from '../../domain/cause.ts';
import { DomainError } from '../../domain/errors.ts';
import type { Role } from '../../domain/roles.ts';
import type { Database, Db } from '../connect.ts';
import { appendEvent } from '../outbox/append-event.ts';

export interface User {
  readonly id: string;
  readonly email: string;
  readonly displayName: string;
  readonly roles: readonly Role[];
  readonly passwordHash: string;
}

const COLUMNS = {
  id: 'id',
  email: 'email',
  displayName: 'display_name',
  roles: 'roles',
  passwordHash: 'password_hash',
} as const;

/** Repeated with the same id it changes nothing. @throws DomainError email_taken, whatever the case of its letters. */
export const registerUser = (db: Database, user: User, cause: Cause): Promise<User> =>
  db.transaction(async (trx) => {
    const inserted = await trx('users')
      .insert({
        id: user.id,
        email: user.email,
        password_hash: user.passwordHash,
        display_name: user.displayName,
        roles: [...user.roles],
      })
      .onConflict()
      .ignore()
      .returning('id');
    if (inserted.length === 0) {
      const existing = await findUser(trx, user.id);
      if (existing) return existing;
      throw new DomainError('email_taken', 'This e-mail address is registered already.');
    }
    await appendUserEvent(trx, user.id, 'identity.user.registered', { roles: user.roles }, cause);
    return user;
  });

/** Gives a user further roles. @throws DomainError not_found. */
export const grantRoles = (
  db: Database,
  { userId, roles }: { userId: string; roles: readonly Role[] },
  cause: Cause,
): Promise<User> =>
  db.transaction(async (trx) => {
    const user = await trx('users').where({ id: userId }).forUpdate().first<User>(COLUMNS);
    if (!user) throw new DomainError('not_found', 'There is no such user.', { userId });
    const all = [...new Set([...user.roles, ...roles])];
    if (all.length === user.roles.length) return user;
    await trx('users').where({ id: userId }).update({ roles: all });
    await appendUserEvent(trx, userId, 'identity.user.roles_granted', { roles }, cause);
    return { ...user, roles: all };
  });

export const findUser = (db: Db, id: string): Promise<User | undefined> =>
  db('users').where({ id }).first<User>(COLUMNS);

export const findUserByEmail = (db: Db, email: string): Promise<User | undefined> =>
  db('users').whereRaw('lower(email) = lower(?)', [email]).first<User>(COLUMNS);

/** Ids and roles only: an event can never be erased. */
const appendUserEvent = (
  trx: Db,
  userId: string,
  type: string,
  payload: Record<string, unknown>,
  cause: Cause,
): Promise<void> =>
  appendEvent(trx, {
    aggregateType: 'user',
    aggregateId: userId,
    type,
    payload,
    actor: cause.actor,
    correlationId: cause.requestId,
  });
