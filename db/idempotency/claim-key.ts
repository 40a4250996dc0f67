import type { Database } from '../connect.ts';

export interface KeyRef {
  readonly principal: string;
  readonly route: string;
  readonly key: string;
}

export interface ClaimKey extends KeyRef {
  readonly requestHash: Uint8Array;
  readonly resourceId: string;
  /** A claim that is older has been given up by whoever made it. */
  readonly budgetMs: number;
}

export type KeyClaim =
  /** Ours: do the work, under the given resource id. */
  | { readonly kind: 'claimed' }
  | { readonly kind: 'answered'; readonly status: number; readonly response: unknown }
  | { readonly kind: 'in_flight' }
  /** The key was used with another body. */
  | { readonly kind: 'reused' };

/** Claims a key for one attempt. Of simultaneous callers with the same key exactly one gets `claimed`. */
export async function claimKey(db: Database, claim: ClaimKey): Promise<KeyClaim> {
  const { principal, route, key } = claim;
  const inserted = await db('idempotency_keys')
    .insert({ principal, route, key, request_hash: claim.requestHash, resource_id: claim.resourceId })
    .onConflict()
    .ignore()
    .returning('key');
  if (inserted.length > 0) return { kind: 'claimed' };
  const row = await db('idempotency_keys')
    .where({ principal, route, key })
    .first<{ request_hash: Buffer; status: number | null; response: unknown }>();
  if (!row || !Buffer.from(claim.requestHash).equals(row.request_hash)) return { kind: 'reused' };
  if (row.status !== null) return { kind: 'answered', status: row.status, response: row.response };
  const takenOver = await db('idempotency_keys')
    .where({ principal, route, key })
    .whereNull('status')
    .andWhere('claimed_at', '<=', db.raw("clock_timestamp() - ? * interval '1 millisecond'", [claim.budgetMs]))
    .update({ claimed_at: db.raw('clock_timestamp()') });
  return takenOver > 0 ? { kind: 'claimed' } : { kind: 'in_flight' };
}

/** Keeps the answer: every repeat gets it. The first one stands. */
export async function completeKey(
  db: Database,
  ref: KeyRef,
  answer: { status: number; response: unknown },
): Promise<void> {
  await db('idempotency_keys')
    .where({ ...ref })
    .whereNull('status')
    .update({
      status: answer.status,
      response: JSON.stringify(answer.response),
      completed_at: db.raw('clock_timestamp()'),
    });
}

/** There is no final answer yet: the next repeat does the work again, under the same resource id. */
export async function releaseKey(db: Database, ref: KeyRef): Promise<void> {
  await db('idempotency_keys')
    .where({ ...ref })
    .whereNull('status')
    .update({ claimed_at: '-infinity' });
}
