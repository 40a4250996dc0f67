import type { Cause } from '../../domain/cause.ts';
import { DomainError } from '../../domain/errors.ts';
import type { Permission } from '../../domain/permissions.ts';
import type { Database, Db } from '../connect.ts';
import { appendEvent } from '../outbox/append-event.ts';
import { holdUser } from './users.ts';

export interface ApiKey {
  readonly id: string;
  readonly userId: string;
  readonly name: string;
  readonly scopes: readonly Permission[];
  readonly createdAt: Date;
  readonly lastUsedAt: Date | null;
  readonly revokedAt: Date | null;
}

const COLUMNS = {
  id: 'id',
  userId: 'user_id',
  name: 'name',
  scopes: 'scopes',
  createdAt: 'created_at',
  lastUsedAt: 'last_used_at',
  revokedAt: 'revoked_at',
} as const;

export interface NewApiKey extends Pick<ApiKey, 'id' | 'userId' | 'name' | 'scopes'> {
  readonly keyHash: Uint8Array;
}

/** Repeated with the same id it changes nothing. @throws DomainError user_erased. */
export const createApiKey = (db: Database, key: NewApiKey, cause: Cause): Promise<ApiKey> =>
  db.transaction(async (trx) => {
    const { id, userId, name, scopes, keyHash } = key;
    await holdUser(trx, userId);
    const inserted = await trx('api_keys')
      .insert({ id, user_id: userId, name, scopes: [...scopes], key_hash: keyHash })
      .onConflict()
      .ignore()
      .returning('id');
    if (inserted.length > 0) await appendKeyEvent(trx, id, 'identity.api_key.created', { userId, scopes }, cause);
    return requireKey(trx, id, userId);
  });

/** Repeated it changes nothing. @throws DomainError api_key_not_found, also for another's. */
export const revokeApiKey = (
  db: Database,
  { id, userId }: Pick<ApiKey, 'id' | 'userId'>,
  cause: Cause,
): Promise<ApiKey> =>
  db.transaction(async (trx) => {
    const revoked = await trx('api_keys')
      .where({ id, user_id: userId })
      .whereNull('revoked_at')
      .update({ revoked_at: trx.fn.now() });
    if (revoked > 0) await appendKeyEvent(trx, id, 'identity.api_key.revoked', { userId }, cause);
    return requireKey(trx, id, userId);
  });

/** The live key with this hash; that it was used is noted. @throws DomainError api_key_invalid. */
export async function useApiKey(db: Database, keyHash: Uint8Array): Promise<ApiKey> {
  const [key] = await db('api_keys')
    .where({ key_hash: keyHash })
    .whereNull('revoked_at')
    .update({ last_used_at: db.fn.now() })
    .returning<{ id: string; user_id: string }[]>(['id', 'user_id']);
  if (!key) throw new DomainError('api_key_invalid', 'The API key is not valid.');
  return requireKey(db, key.id, key.user_id);
}

/** Revoked ones too, newest first. */
export const listApiKeys = (db: Db, userId: string): Promise<ApiKey[]> =>
  db('api_keys')
    .where({ user_id: userId })
    .orderBy([{ column: 'created_at', order: 'desc' }, 'id'])
    .select<ApiKey[]>(COLUMNS);

async function requireKey(db: Db, id: string, userId: string): Promise<ApiKey> {
  const key = await db('api_keys').where({ id, user_id: userId }).first<ApiKey>(COLUMNS);
  if (!key) throw new DomainError('api_key_not_found', 'There is no such API key of yours.', { id });
  return key;
}

const appendKeyEvent = (
  trx: Db,
  id: string,
  type: string,
  payload: Record<string, unknown>,
  { actor, requestId }: Cause,
): Promise<void> =>
  appendEvent(trx, { aggregateType: 'api_key', aggregateId: id, type, payload, actor, correlationId: requestId });
