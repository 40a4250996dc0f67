import type { Cause } from '../../domain/cause.ts';
import { DomainError } from '../../domain/errors.ts';
import type { SignalKind } from '../../domain/entry-signals.ts';
import { inBatches } from '../../runtime/batches.ts';
import { callCommand } from '../call-command.ts';
import type { Database, Db } from '../connect.ts';
import { asDomainError } from '../errors.ts';

/** Entries of one transaction. */
const MAX_BATCH = 50;
/** At the same time, of one process: what comes meanwhile makes the next one larger, and each costs the same once more. */
const MAX_BATCHES = 1;

/** What is known of a person; what is not known is absent, and refused where the rules ask for it. */
export interface EntrantFacts {
  /** `YYYY-MM-DD`. */
  readonly birthDate?: string | undefined;
  /** ISO 3166-1, two letters. */
  readonly country?: string | undefined;
  /** An instant. */
  readonly registeredAt?: string | undefined;
  readonly staff?: boolean | undefined;
}

export interface EntrantSignal {
  readonly kind: SignalKind;
  /** A keyed hash in hex. */
  readonly hash: string;
}

export interface NewEntry {
  readonly id: string;
  readonly giveawayId: string;
  readonly participantId: string;
  /** The name of one of the giveaway's methods. */
  readonly method: string;
  /** 32 random bytes in hex; kept only when this is the participant's first entry in the giveaway. */
  readonly salt: string;
  /** The participant's commitment to that salt, in hex. */
  readonly commitment: string;
  /** At the social network, where the method is verified there. */
  readonly account?: string | undefined;
  /** Where the method asks for a code or an answer: its keyed hash in hex, under each key that may have been used. */
  readonly answerHashes?: readonly string[] | undefined;
  /** Whether the token that was sent to the participant's address came back. */
  readonly emailConfirmed?: boolean | undefined;
  /** Whose link led here; counts with the participant's first entry. */
  readonly referralCode?: string | undefined;
  readonly facts: EntrantFacts;
  readonly signals: readonly EntrantSignal[];
}

/** Hashes and salts in hex. */
export interface AcceptedEntry {
  readonly id: string;
  readonly giveawayId: string;
  readonly method: string;
  readonly period: string;
  /** What it weighs if it is eligible. */
  readonly weight: number;
  readonly salt: string;
  readonly commitment: string;
  /** With commit–reveal. */
  readonly secretHash: string | null;
  readonly receivedAt: string;
}

/** The request that an entry is made by, as it is known by its key. */
export interface EntryRequest {
  readonly principal: string;
  readonly route: string;
  readonly key: string;
  readonly requestHash: Uint8Array;
  /** An attempt that is older has been given up by whoever made it. */
  readonly budgetMs: number;
}

export interface EnteredOnce {
  readonly answer: AcceptedEntry;
  /** It was made by this call. */
  readonly fresh?: boolean;
}

/** What is kept under the key: a refusal, an attempt that goes on, or an answer of before entries remembered their requests. */
export interface KeptUnderKey {
  readonly standing: unknown;
}

/**
 * One entry, in one transaction with others that come at the same time, and no workflow. Repeated with the same id it
 * returns the first result.
 * @throws DomainError giveaway_not_found, giveaway_not_open (too early), giveaway_closed (too late), giveaway_paused,
 *   entry_duplicate, entry_host_excluded, entry_staff_excluded, entry_excluded, entry_profile_incomplete, entry_too_young,
 *   entry_country_excluded, entry_account_too_new, entry_method_not_found, entry_proof_missing, entry_answer_wrong
 *   (and the attempt is counted), entry_attempts_exhausted, entry_cap_reached, entry_referral_unknown,
 *   idempotency_key_reused (another entry has this id).
 */
export async function enterGiveaway(db: Db, entry: NewEntry, cause: Cause): Promise<AcceptedEntry> {
  const outcome = await enter(db, { ...entry, ...cause });
  if ('answer' in outcome) return outcome.answer;
  throw new Error('Nothing stands under a key where none was said');
}

/**
 * The same, once per key: the entry itself remembers its request, under an id that has to follow from the key. Nothing
 * more is kept, and a repeat reads its answer from the entry.
 * @throws DomainError as enterGiveaway; idempotency_key_reused also for another request under the same key.
 */
export function enterGiveawayOnce(
  db: Database,
  { requestHash, ...request }: EntryRequest,
  entry: NewEntry,
  cause: Cause,
): Promise<EnteredOnce | KeptUnderKey> {
  const hash = Buffer.from(requestHash).toString('hex');
  return enter(db, { ...entry, ...cause, requestHash: hash, key: { ...request, requestHash: hash } });
}

interface EntryCall extends NewEntry, Cause {
  /** In hex. */
  readonly requestHash?: string;
  readonly key?: object;
}

type Outcome =
  | EnteredOnce
  | KeptUnderKey
  | { readonly attemptsLeft: number }
  | { readonly error: { readonly message: string } };

async function enter(db: Db, call: EntryCall): Promise<EnteredOnce | KeptUnderKey> {
  const outcome = isAlone(db, call) ? (await enterAll(db, [call]))[0] : await batchesOf(db)(call);
  if (!outcome) throw new Error('Each entry has an outcome');
  if ('error' in outcome) throw asDomainError(Object.assign(new Error(outcome.error.message), outcome.error));
  if (!('attemptsLeft' in outcome)) return outcome;
  const { attemptsLeft } = outcome;
  throw new DomainError('entry_answer_wrong', 'This is not the answer.', { method: call.method, attemptsLeft });
}

const enterAll = (db: Db, calls: readonly EntryCall[]): Promise<readonly Outcome[]> =>
  callCommand(db, 'enter_giveaways', calls);

/** One that locks the rows of somebody else cannot be put into an order with others; nor one of a larger transaction. */
const isAlone = (db: Db, { referralCode }: EntryCall): boolean =>
  referralCode !== undefined || db.isTransaction === true;

const batchesByDatabase = new WeakMap<Db, (call: EntryCall) => Promise<Outcome>>();

/** Entries that come at the same time share a transaction: each for itself, but one commit for all of them. */
function batchesOf(db: Db): (call: EntryCall) => Promise<Outcome> {
  const batches =
    batchesByDatabase.get(db) ??
    inBatches({
      run: (calls: readonly EntryCall[]) => enterAll(db, calls),
      nameOf: ({ participantId }: EntryCall) => participantId,
      maxCalls: MAX_BATCH,
      maxBatches: MAX_BATCHES,
    });
  batchesByDatabase.set(db, batches);
  return batches;
}

/** @returns the participant's code, the first one that was made. @throws DomainError entry_method_not_found, entry_not_found. */
export const makeReferralCode = (
  db: Db,
  input: { giveawayId: string; participantId: string; code: string },
): Promise<{ code: string }> => callCommand(db, 'make_referral_code', input);
