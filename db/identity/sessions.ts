import type { Cause } from '../../domain/cause.ts';
import { DomainError } from '../../domain/errors.ts';
import type { Database, Db } from '../connect.ts';
import { appendEvent } from '../outbox/append-event.ts';
import { holdUser } from './users.ts';

export interface NewSession {
  readonly sessionId: string;
  readonly userId: string;
  readonly tokenHash: Uint8Array;
  /** How long the refresh token can be used, in milliseconds. */
  readonly ttlMs: number;
}

/** A log-in: the session and its first refresh token. @throws DomainError user_erased. */
export const startSession = (db: Database, session: NewSession, cause: Cause): Promise<void> =>
  db.transaction(async (trx) => {
    const { sessionId, userId } = session;
    await holdUser(trx, userId);
    await trx('sessions').insert({ id: sessionId, user_id: userId });
    await addToken(trx, session);
    await appendSessionEvent(trx, sessionId, 'identity.session.started', { userId }, cause);
  });

export interface Rotation {
  readonly tokenHash: Uint8Array;
  readonly nextHash: Uint8Array;
  readonly ttlMs: number;
}

/**
 * Uses a refresh token up and puts its successor in place. One that was used before is in two hands: its whole session
 * ends, and that stays so although the call is refused.
 * @throws DomainError token_invalid, token_expired, refresh_token_reused.
 */
export async function rotateRefreshToken(
  db: Database,
  { tokenHash, nextHash, ttlMs }: Rotation,
  requestId: string,
): Promise<{ sessionId: string; userId: string }> {
  const outcome = await db.transaction(async (trx) => {
    const token = await lockToken(trx, tokenHash);
    if (!token || token.ended) return 'token_invalid';
    const { sessionId, userId } = token;
    const cause = { actor: `user:${userId}`, requestId };
    if (token.used) {
      await end(trx, { sessionId, userId, reason: 'token_reused' }, cause);
      return 'refresh_token_reused';
    }
    if (token.expired) return 'token_expired';
    await trx('refresh_tokens').where({ token_hash: tokenHash }).update({ used_at: trx.fn.now() });
    await addToken(trx, { sessionId, tokenHash: nextHash, ttlMs });
    return { sessionId, userId };
  });
  if (typeof outcome !== 'string') return outcome;
  throw new DomainError(outcome, 'The refresh token is not valid any more. Log in again.');
}

/** Ends the session: its refresh tokens are worth nothing any more. Ended already, nothing changes. */
export const endSession = (db: Database, session: { sessionId: string; userId: string }, cause: Cause): Promise<void> =>
  db.transaction(async (trx) => {
    const { sessionId, userId } = session;
    const open = await trx('sessions')
      .where({ id: sessionId, user_id: userId })
      .whereNull('ended_at')
      .forNoKeyUpdate()
      .first('id');
    if (open) await end(trx, { ...session, reason: 'logged_out' }, cause);
  });

interface LockedToken {
  readonly sessionId: string;
  readonly userId: string;
  readonly used: boolean;
  readonly expired: boolean;
  readonly ended: boolean;
}

/** The session is locked first, so that two tokens of it cannot be rotated at the same moment. */
async function lockToken(trx: Db, tokenHash: Uint8Array): Promise<LockedToken | undefined> {
  const session = await trx('sessions')
    .whereIn('id', trx('refresh_tokens').where({ token_hash: tokenHash }).select('session_id'))
    .forNoKeyUpdate()
    .first<{ sessionId: string; userId: string; endedAt: Date | null }>({
      sessionId: 'id',
      userId: 'user_id',
      endedAt: 'ended_at',
    });
  if (!session) return undefined;
  const token = await trx('refresh_tokens')
    .where({ token_hash: tokenHash })
    .first<{ used: boolean; expired: boolean }>(
      trx.raw('used_at is not null as used'),
      trx.raw('expires_at <= now() as expired'),
    );
  return token && { ...session, ...token, ended: session.endedAt !== null };
}

async function addToken(trx: Db, { sessionId, tokenHash, ttlMs }: Omit<NewSession, 'userId'>): Promise<void> {
  await trx('refresh_tokens').insert({
    token_hash: tokenHash,
    session_id: sessionId,
    expires_at: trx.raw("now() + ? * interval '1 millisecond'", [ttlMs]),
  });
}

interface Ending {
  readonly sessionId: string;
  readonly userId: string;
  readonly reason: 'logged_out' | 'token_reused';
}

async function end(trx: Db, { sessionId, userId, reason }: Ending, cause: Cause): Promise<void> {
  await trx('sessions').where({ id: sessionId }).update({ ended_at: trx.fn.now(), end_reason: reason });
  await appendSessionEvent(trx, sessionId, 'identity.session.ended', { userId, reason }, cause);
}

const appendSessionEvent = (
  trx: Db,
  sessionId: string,
  type: string,
  payload: Record<string, unknown>,
  { actor, requestId }: Cause,
): Promise<void> =>
  appendEvent(trx, {
    aggregateType: 'session',
    aggregateId: sessionId,
    type,
    payload,
    actor,
    correlationId: requestId,
  });
