import { randomUUID } from 'node:crypto';
import type { Database } from '../../db/connect.ts';
import { answerOnce, type OnceAnswered } from '../../db/idempotency/answer-once.ts';
import { claimKey, completeKey, releaseKey, type KeyClaim, type StoredAnswer } from '../../db/idempotency/claim-key.ts';
import { DomainError, ERROR_STATUS, type ErrorCode } from '../../domain/errors.ts';
import { nameUuid } from '../../domain/ids.ts';
import { sha1, sha256 } from '../../runtime/crypto.ts';
import { canonicalJson } from './canonical-json.ts';
import type { OnceRequest, OnceWork, Reply } from './define-route.ts';
import { asRefusal } from './errors.ts';
import { PROBLEM_TYPE, toProblem, type Occurrence } from './problem.ts';

export interface IdempotentCall extends Occurrence {
  /** Two services may be sent the same key by the same principal. */
  readonly service: string;
  readonly principal: string;
  /** Method and path template. */
  readonly route: string;
  /** The header, empty when it was not sent. */
  readonly key: string;
  /** Everything that decides what is asked: path, query and body. */
  readonly content: unknown;
}

/** Work that is one command, and how its answer is presented. */
export interface CommandWork {
  /** Looks up what the command needs; changes nothing. */
  readonly prepare: (resourceId: string) => Promise<OnceWork>;
  readonly present: Present;
}

type Present = (answer: never) => unknown;

const KEY = /^[\x21-\x7e]{1,255}$/;

/**
 * Runs the work once per key. The same request again gets the stored answer; another one under the same key is
 * refused; one that was given up is done again under the same resource id. An answer that is not final is never stored.
 * @throws DomainError idempotency_key_missing, idempotency_key_invalid, idempotency_key_reused, idempotency_in_flight,
 *   and what the work throws where that is not final.
 */
export async function onceForKey(
  db: Database,
  budgetMs: number,
  call: IdempotentCall,
  work: (resourceId: string) => Promise<Reply>,
  present: Present = asItIs,
): Promise<Reply> {
  const asked = identify(call);
  const { principal, route, key } = asked;
  const attempt = { principal, route, key, attemptId: randomUUID() };
  const ref = JSON.stringify([principal, route, key]);
  await beingKept(db).get(ref);
  const startedAt = performance.now();
  const claim = await claimKey(db, { ...asked, ...attempt, budgetMs });
  if (claim.kind !== 'claimed') return answerWithoutWork(claim, budgetMs, call, present);
  let completed = false;
  try {
    const reply = await withRefusalsAsReplies(call, () => work(claim.resourceId));
    if (!isFinal(reply.status)) return reply;
    const kept = completeKey(db, attempt, toAnswer(reply));
    if (claim.first && reply.status < 400 && performance.now() - startedAt < budgetMs / 2) {
      completed = true;
      keepBehind(db, ref, { kept, giveUp: () => releaseKey(db, attempt) });
      return await toReply(toAnswer(reply), call, present);
    }
    const answer = await kept;
    completed = true;
    return await toReply(answer, call, present);
  } finally {
    // Best effort: whoever repeats after the budget gets through in any case.
    if (!completed) await releaseKey(db, attempt).catch(() => {});
  }
}

const keptBehind = new WeakMap<Database, Map<string, Promise<unknown>>>();

/** Answers that have left already and are still being kept, by their key: a repeat waits for them. */
function beingKept(db: Database): Map<string, Promise<unknown>> {
  const known = keptBehind.get(db) ?? new Map<string, Promise<unknown>>();
  keptBehind.set(db, known);
  return known;
}

interface Keeping {
  readonly kept: Promise<unknown>;
  readonly giveUp: () => Promise<void>;
}

/**
 * Nobody waits until the answer of what was done is kept. If it is lost, the same request does the work again under the
 * same ids, with the same result. Only for the first attempt, and within half of its budget: the answer of no other
 * attempt can stand by then.
 */
function keepBehind(db: Database, ref: string, { kept, giveUp }: Keeping): void {
  const all = beingKept(db);
  const done = kept
    .catch(giveUp)
    .catch(() => {})
    .finally(() => all.delete(ref));
  all.set(ref, done);
}

/**
 * Carries a command out once per key, in one round trip: no claim is needed, because the answer is kept in the command's
 * own transaction, and two attempts at once are a repeat of each other. What is refused is kept as an answer, too.
 * @throws DomainError as onceForKey.
 */
export async function commandForKey(
  db: Database,
  budgetMs: number,
  call: IdempotentCall,
  { prepare, present }: CommandWork,
): Promise<Reply> {
  const asked = identify(call);
  const refused = (refusal: unknown): Promise<Reply> => {
    if (!(refusal instanceof DomainError) || KEY_REFUSALS.has(refusal.code)) throw refusal;
    return onceForKey(db, budgetMs, call, () => Promise.reject(refusal), present);
  };
  let prepared: OnceWork;
  try {
    prepared = await prepare(asked.resourceId);
  } catch (error) {
    return refused(error);
  }
  let once: OnceAnswered;
  try {
    once = await carryOut(db, { ...asked, budgetMs }, prepared);
  } catch (error) {
    return refused(error);
  }
  if (once.kind === 'answered') {
    const { answer, fresh } = once;
    if (answer.ofCommand && 'begin' in prepared) await prepared.begin?.(answer.response as never, fresh);
    if (fresh) return toReply(answer, call, present);
  }
  return answerWithoutWork(once, budgetMs, call, present);
}

function carryOut(db: Database, request: OnceRequest, work: OnceWork): Promise<OnceAnswered> {
  if ('once' in work) return work.once(request);
  const { command, status, headers = {} } = work;
  return answerOnce(db, { ...request, status, headers }, command);
}

/** About the key itself: never its answer. */
const KEY_REFUSALS: ReadonlySet<ErrorCode> = new Set([
  'idempotency_key_missing',
  'idempotency_key_invalid',
  'idempotency_key_reused',
  'idempotency_in_flight',
]);

function identify(call: IdempotentCall) {
  const { service, principal, route } = call;
  const key = requireKey(call.key);
  const requestHash = sha256(canonicalJson(call.content));
  return { principal, route, key, requestHash, resourceId: nameUuid(sha1, service, principal, route, key) };
}

function requireKey(key: string): string {
  if (key === '') throw new DomainError('idempotency_key_missing', 'This call needs an Idempotency-Key header.');
  if (KEY.test(key)) return key;
  throw new DomainError('idempotency_key_invalid', 'An Idempotency-Key is 1 to 255 visible ASCII characters.');
}

function answerWithoutWork(
  claim: Exclude<KeyClaim, { kind: 'claimed' }>,
  budgetMs: number,
  occurrence: Occurrence,
  present: Present,
): Promise<Reply> {
  switch (claim.kind) {
    case 'answered':
      return toReply(
        { ...claim.answer, headers: { ...claim.answer.headers, 'idempotent-replayed': 'true' } },
        occurrence,
        present,
      );
    case 'reused':
      throw new DomainError('idempotency_key_reused', 'This Idempotency-Key was used for another request.');
    case 'in_flight':
      throw new DomainError('idempotency_in_flight', 'The first request with this key is still being worked on.', {
        retryAfterMs: Math.max(0, budgetMs - claim.ageMs),
      });
  }
}

/** A refusal by a rule is an answer like any other. */
async function withRefusalsAsReplies(occurrence: Occurrence, work: () => Promise<Reply>): Promise<Reply> {
  try {
    return await work();
  } catch (error) {
    const refusal = asRefusal(error);
    const status = ERROR_STATUS[refusal.code];
    if (!isFinal(status)) throw error;
    return { status, body: toProblem(refusal, occurrence), type: PROBLEM_TYPE };
  }
}

/** What the same request would get again; who one is, how often one asks, and trouble may change. */
const isFinal = (status: number): boolean => status < 500 && ![202, 401, 403, 429].includes(status);

const toAnswer = ({ status, headers = {}, body, type }: Reply): StoredAnswer => ({
  status,
  headers: { ...headers, ...(type ? { 'content-type': type } : {}) },
  response: body ?? null,
});

const asItIs: Present = (answer: unknown) => answer;

/** A command's answer may mean a refusal: it was carried out, and this is what came of it. */
const toReply = (
  { status, headers, response, ofCommand = false }: StoredAnswer,
  occurrence: Occurrence,
  present: Present,
): Promise<Reply> =>
  withRefusalsAsReplies(occurrence, () => {
    const body = ofCommand ? present(response as never) : response;
    return Promise.resolve({ status, headers, ...(body === null ? {} : { body }) });
  });
