import { DomainError } from '../../domain/errors.ts';
import type { Database } from '../connect.ts';

export interface NewRefreshToken {
  readonly tokenHash: Uint8Array;
  readonly familyId: string;
  readonly userId: string;
  readonly ttlMs: number;
}

export async function saveRefreshToken(
  db: Database,
  { tokenHash, familyId, userId, ttlMs }: NewRefreshToken,
): Promise<void> {
  await db('refresh_tokens').insert({
    token_hash: tokenHash,
    family_id: familyId,
    user_id: userId,
    expires_at: db.raw("now() + ? * interval '1 millisecond'", [ttlMs]),
  });
}

/**
 * Uses a refresh token up and puts its successor in place. One that was used before is in two hands: its whole family
 * ends, and that stays so although the call is refused.
 * @throws DomainError token_invalid, token_expired, refresh_token_reused.
 */
export async function rotateRefreshToken(
  db: Database,
  { tokenHash, nextHash, ttlMs }: { tokenHash: Uint8Array; nextHash: Uint8Array; ttlMs: number },
): Promise<{ userId: string }> {
  const outcome = await db.transaction(async (trx) => {
    const token = await trx('refresh_tokens')
      .where({ token_hash: tokenHash })
      .forUpdate()
      .first<{ family_id: string; user_id: string; used_at: Date | null; revoked_at: Date | null; expired: boolean }>(
        '*',
        trx.raw('expires_at <= now() as expired'),
      );
    if (!token || token.revoked_at) return 'token_invalid' as const;
    if (token.expired) return 'token_expired' as const;
    if (token.used_at) {
      await trx('refresh_tokens').where({ family_id: token.family_id }).update({ revoked_at: trx.fn.now() });
      return 'refresh_token_reused' as const;
    }
    await trx('refresh_tokens').where({ token_hash: tokenHash }).update({ used_at: trx.fn.now() });
    await trx('refresh_tokens').insert({
      token_hash: nextHash,
      family_id: token.family_id,
      user_id: token.user_id,
      expires_at: trx.raw("now() + ? * interval '1 millisecond'", [ttlMs]),
    });
    return { userId: token.user_id };
  });
  if (typeof outcome === 'string')
    throw new DomainError(outcome, 'The refresh token is not valid any more. Log in again.');
  return outcome;
}
