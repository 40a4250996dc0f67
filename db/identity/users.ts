import type { Cause } from '../../domain/cause.ts';
import { DomainError } from '../../domain/errors.ts';
import type { Role } from '../../domain/roles.ts';
import { inBatches } from '../../runtime/batches.ts';
import type { Database, Db } from '../connect.ts';
import { appendEvent } from '../outbox/append-event.ts';
import { runPrepared, type PreparedStatement } from '../prepared.ts';

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
    const user = await trx('users').where({ id: userId }).forNoKeyUpdate().first<User>(COLUMNS);
    if (!user) throw new DomainError('not_found', 'There is no such user.', { userId });
    const all = [...new Set([...user.roles, ...roles])];
    if (all.length === user.roles.length) return user;
    await trx('users').where({ id: userId }).update({ roles: all });
    await appendUserEvent(trx, userId, 'identity.user.roles_granted', { roles }, cause);
    return { ...user, roles: all };
  });

/** Who was erased is not found any more, here and below. */
export const findUser = (db: Db, id: string): Promise<User | undefined> =>
  db('users').where({ id }).whereNull('erased_at').first<User>(COLUMNS);

/** Nobody erases them until the transaction ends. @throws DomainError user_erased. */
export async function holdUser(trx: Db, id: string): Promise<void> {
  const user = await trx('users').where({ id }).whereNull('erased_at').forShare().first('id');
  if (!user) throw new DomainError('user_erased', 'This account was erased.');
}

export const findUserByEmail = (db: Db, email: string): Promise<User | undefined> =>
  db('users').whereRaw('lower(email) = lower(?)', [email]).whereNull('erased_at').first<User>(COLUMNS);

/** Where to write to these users; who is gone is missing. */
export async function findAddresses(db: Db, ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const rows = await db('users')
    .whereIn('id', [...ids])
    .whereNull('erased_at')
    .select<{ id: string; email: string }[]>('id', 'email');
  return new Map(rows.map(({ id, email }) => [id, email]));
}

/** How these users call themselves; who is gone is missing. */
export async function findNames(db: Db, ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const rows = await db('users')
    .whereIn('id', [...ids])
    .whereNull('erased_at')
    .select<{ id: string; name: string }[]>({ id: 'id', name: 'display_name' });
  return new Map(rows.map(({ id, name }) => [id, name]));
}

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

export interface Entrant {
  readonly email: string;
  readonly roles: readonly Role[];
  /** `YYYY-MM-DD`. */
  readonly birthDate: string | null;
  readonly country: string | null;
  readonly registeredAt: Date;
}

/** What the rules of a giveaway may ask of a person. Who asks at the same time shares a round trip. */
export async function findEntrant(db: Db, id: string): Promise<Entrant | undefined> {
  if (db.isTransaction === true) return (await findEntrants(db, [id]))[0];
  const find =
    findersOfEntrants.get(db) ??
    inBatches({
      run: (ids: readonly string[]) => findEntrants(db, ids),
      nameOf: (name) => name,
      maxCalls: 100,
      maxBatches: 1,
    });
  findersOfEntrants.set(db, find);
  return find(id);
}

const findersOfEntrants = new WeakMap<Db, (id: string) => Promise<Entrant | undefined>>();

async function findEntrants(db: Db, ids: readonly string[]): Promise<(Entrant | undefined)[]> {
  const rows = await runPrepared<Entrant & { id: string }>(db, ENTRANTS, [ids]);
  const byId = new Map(rows.map(({ id, ...entrant }) => [id, entrant]));
  return ids.map((id) => byId.get(id));
}

const ENTRANTS: PreparedStatement = {
  name: 'find_entrants',
  text: `select id, email, roles, to_char(birth_date, 'YYYY-MM-DD') as "birthDate", country, created_at as "registeredAt"
from users where id = any($1::uuid[]) and erased_at is null`,
};

export interface Profile {
  readonly birthDate?: string | undefined;
  readonly country?: string | undefined;
}

/**
 * What somebody says of themselves. A date of birth is said once: else anybody would be of the age that is asked for.
 * @throws DomainError not_found, birth_date_fixed.
 */
export const describeUser = (
  db: Database,
  userId: string,
  { birthDate, country }: Profile,
  cause: Cause,
): Promise<void> =>
  db.transaction(async (trx) => {
    await trx('users').where({ id: userId }).forNoKeyUpdate().first('id');
    const known = await findEntrant(trx, userId);
    if (!known) throw new DomainError('not_found', 'There is no such user.', { userId });
    if (birthDate !== undefined && known.birthDate !== null && known.birthDate !== birthDate)
      throw new DomainError('birth_date_fixed', 'The date of birth was given before and cannot be changed.');
    const change = {
      ...(birthDate === undefined || birthDate === known.birthDate ? {} : { birth_date: birthDate }),
      ...(country === undefined || country === known.country ? {} : { country }),
    };
    if (Object.keys(change).length === 0) return;
    await trx('users').where({ id: userId }).update(change);
    await appendUserEvent(trx, userId, 'identity.user.described', { changed: Object.keys(change) }, cause);
  });
