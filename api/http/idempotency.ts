import type { Database } from '../../db/connect.ts';
import { claimKey, completeKey, releaseKey } from '../../db/idempotency/claim-key.ts';
import { DomainError, ERROR_STATUS } from '../../domain/errors.ts';
import { nameUuid } from '../../domain/ids.ts';
import { sha1, sha256 } from '../../runtime/crypto.ts';
import type { Reply } from './define-route.ts';
import { asRefusal, toProblem } from './errors.ts';

export interface IdempotentCall {
  readonly principal: string;
  /** Method and path template. */
  readonly route: string;
  readonly key: string | undefined;
  /** Everything that decides what is asked: path, query and body. */
  readonly request: string;
  readonly requestId: string;
}

const KEY = /^[\x21-\x7e]{1,255}$/;

/** The same caller, route and key name the same resource, in every attempt and on every process. */
export const resourceIdOf = ({ principal, route, key }: Pick<IdempotentCall, 'principal' | 'route' | 'key'>): string =>
  nameUuid(sha1, 'resource', principal, route, key ?? '');

/**
 * Runs the work once per key. The same request again gets the stored answer; another one under the same key is
 * refused; one that was given up is done again under the same ids. An answer that is not final is never stored.
 * @throws DomainError idempotency_key_missing, idempotency_key_invalid, idempotency_key_reused, idempotency_in_flight.
 */
export async function onceForKey(
  db: Database,
  budgetMs: number,
  call: IdempotentCall,
  work: () => Promise<Reply>,
): Promise<Reply> {
  const { principal, route, key, request, requestId } = call;
  if (key === undefined || key === '')
    throw new DomainError('idempotency_key_missing', 'This call needs an Idempotency-Key header.');
  if (!KEY.test(key))
    throw new DomainError('idempotency_key_invalid', 'An Idempotency-Key is 1 to 255 visible ASCII characters.');
  const ref = { principal, route, key };
  const claim = await claimKey(db, { ...ref, requestHash: sha256(request), resourceId: resourceIdOf(call), budgetMs });
  switch (claim.kind) {
    case 'answered':
      return { status: claim.status, body: claim.response, headers: { 'idempotent-replayed': 'true' } };
    case 'reused':
      throw new DomainError('idempotency_key_reused', 'This Idempotency-Key was used for another request.');
    case 'in_flight':
      throw new DomainError('idempotency_in_flight', 'The first request with this key is still being worked on.');
    case 'claimed':
      break;
  }
  try {
    const reply = await work();
    if (reply.status === 202) await releaseKey(db, ref);
    else await completeKey(db, ref, { status: reply.status, response: reply.body ?? null });
    return reply;
  } catch (error) {
    const refusal = asRefusal(error);
    if (isFinal(ERROR_STATUS[refusal.code])) {
      await completeKey(db, ref, { status: ERROR_STATUS[refusal.code], response: toProblem(refusal, requestId) });
    } else {
      // Best effort: whoever repeats after the budget gets through in any case.
      await releaseKey(db, ref).catch(() => {});
    }
    throw error;
  }
}

/** A refusal by a rule will be the same again; who one is, how often one asks, and trouble may change. */
const isFinal = (status: number): boolean => status >= 400 && status < 500 && ![401, 403, 429].includes(status);
