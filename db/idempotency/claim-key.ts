import type { Database } from '../connect.ts';
import { runPrepared, type PreparedStatement } from '../prepared.ts';

export interface KeyRef {
  readonly principal: string;
  readonly route: string;
  readonly key: string;
}

/** One attempt at the work of a key. */
export interface Attempt extends KeyRef {
  readonly attemptId: string;
}

export interface ClaimKey extends Attempt {
  readonly requestHash: Uint8Array;
  readonly resourceId: string;
  /** An attempt that is older has been given up by whoever made it. */
  readonly budgetMs: number;
}

export interface StoredAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly response: unknown;
  /** The response is a command's answer, of which the reply is made anew each time. */
  readonly ofCommand?: boolean;
}

export type KeyClaim =
  /** Ours: do the work, under the resource id of the first attempt. `first` where no attempt was there before. */
  | { readonly kind: 'claimed'; readonly resourceId: string; readonly first: boolean }
  | { readonly kind: 'answered'; readonly answer: StoredAnswer }
  | { readonly kind: 'in_flight'; readonly ageMs: number }
  /** The key was used with another request. */
  | { readonly kind: 'reused' };

interface ClaimRow {
  readonly mine: boolean;
  readonly first: boolean;
  readonly same: boolean;
  readonly resource_id: string;
  readonly age_ms: number;
  readonly status: number | null;
  readonly headers: Record<string, string>;
  readonly response: unknown;
  readonly of_command: boolean;
}

/**
 * Claims a key for one attempt, in one statement. Of simultaneous callers exactly one gets `claimed`. Nobody waits for
 * the disk: a claim that a crash forgets is made again, and the work done again under the same resource id.
 */
export async function claimKey(db: Database, claim: ClaimKey): Promise<KeyClaim> {
  const { principal, route, key, requestHash, resourceId, attemptId, budgetMs } = claim;
  const [row] = await runPrepared<ClaimRow>(db, CLAIM, [
    principal,
    route,
    key,
    requestHash,
    resourceId,
    attemptId,
    budgetMs,
  ]);
  if (!row?.same) return { kind: 'reused' };
  const { status, headers, response, of_command: ofCommand } = row;
  if (status !== null) return { kind: 'answered', answer: { status, headers, response, ofCommand } };
  if (row.mine) return { kind: 'claimed', resourceId: row.resource_id, first: row.first };
  return { kind: 'in_flight', ageMs: row.age_ms };
}

/**
 * The update runs even where nothing is taken over: only so does it wait for, and see, what another one inserts. A row
 * that was inserted, and not updated, has no `xmax`.
 */
const CLAIM: PreparedStatement = {
  name: 'claim_idempotency_key',
  text: `
insert into idempotency_keys as held (principal, route, key, request_hash, resource_id, attempt_id)
select $1::text, $2::text, $3::text, $4::bytea, $5::uuid, $6::uuid
where set_config('synchronous_commit', 'off', true) = 'off'
on conflict (principal, route, key) do update set (attempt_id, claimed_at) = (
  select case when free then excluded.attempt_id else held.attempt_id end,
         case when free then clock_timestamp() else held.claimed_at end
  from (select held.status is null and held.request_hash = excluded.request_hash and (held.attempt_id is null
    or held.claimed_at <= clock_timestamp() - $7::int * interval '1 millisecond') as free) as state)
returning coalesce(attempt_id = $6::uuid, false) as mine, held.xmax = 0 as first, request_hash = $4::bytea as same, resource_id,
  round(extract(epoch from clock_timestamp() - claimed_at) * 1000)::int as age_ms, status, headers, response, of_command`,
};

/**
 * Keeps the answer: every repeat gets it. Two attempts may have done the work (one was believed lost); the first
 * answer stands. What was done is done again with the same result if a crash forgets its answer; a refusal might not
 * be repeated, and is forced to the disk.
 * @returns the answer that stands.
 */
export async function completeKey(
  db: Database,
  { principal, route, key }: KeyRef,
  { status, headers, response }: StoredAnswer,
): Promise<StoredAnswer> {
  const forced = status >= 400;
  const values = [principal, route, key, status, JSON.stringify(headers), JSON.stringify(response ?? null), forced];
  const [stored] = await runPrepared<StoredAnswer>(db, COMPLETE, values);
  if (!stored) throw new Error('A key is completed after it was claimed');
  return stored;
}

const COMPLETE: PreparedStatement = {
  name: 'complete_idempotency_key',
  text: `
update idempotency_keys set
  status = coalesce(status, $4::int),
  headers = coalesce(headers, $5::jsonb),
  response = case when status is null then $6::jsonb else response end,
  completed_at = coalesce(completed_at, clock_timestamp())
where principal = $1 and route = $2 and key = $3 
  and ($7::boolean or set_config('synchronous_commit', 'off', true) = 'off')
returning status, headers, response, of_command as "ofCommand"`,
};

/** There is no final answer yet: the next repeat does the work again, under the same resource id. */
export async function releaseKey(db: Database, { principal, route, key, attemptId }: Attempt): Promise<void> {
  await db('idempotency_keys')
    .where({ principal, route, key, attempt_id: attemptId })
    .whereNull('status')
    .update({ attempt_id: null });
}
