import { DomainError } from '../../domain/errors.ts';
import { nameUuid } from '../../domain/ids.ts';
import { sha1 } from '../../runtime/crypto.ts';
import { hashPassword } from '../../runtime/passwords.ts';
import type { Database } from '../connect.ts';
import { findUserByEmail, registerUser, type User } from './users.ts';

/**
 * The first admin, who grants the other roles; safe to run by several processes at once, at every start.
 * @throws DomainError email_taken when somebody who is no admin has registered the address: making them one would
 *   hand the house to a stranger.
 */
export async function ensureBootstrapAdmin(db: Database, email: string, password: string): Promise<User> {
  const found = await findUserByEmail(db, email);
  const admin = found ?? (await register(db, email, password));
  if (admin.roles.includes('admin')) return admin;
  throw new DomainError('email_taken', 'The address of the bootstrap admin belongs to somebody who is no admin.');
}

const register = async (db: Database, email: string, password: string): Promise<User> =>
  registerUser(
    db,
    {
      id: nameUuid(sha1, 'bootstrap-admin', email.toLowerCase()),
      email,
      displayName: 'Admin',
      roles: ['admin'],
      passwordHash: await hashPassword(password),
    },
    { actor: 'system', requestId: 'bootstrap' },
  );
