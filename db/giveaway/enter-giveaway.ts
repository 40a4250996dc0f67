import type { Cause } from '../../domain/cause.ts';
import { DomainError } from '../../domain/errors.ts';
import type { SignalKind } from '../../domain/entry-signals.ts';
import { inBatches } from '../../runtime/batches.ts';
import { callCommand } from '../call-command.ts';
import type { Db } from '../connect.ts';
import { asDomainError } from '../errors.ts';

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
  readonly secretHash: string;
  readonly receivedAt: string;
}

type Outcome = AcceptedEntry | { readonly wrongAnswer: true; readonly attemptsLeft: number };

/**
 * One entry, one transaction, no workflow. Repeated with the same id it returns the first result.
 * @throws DomainError giveaway_not_found, giveaway_not_open (too early), giveaway_closed (too late), entry_duplicate,
 *   entry_host_excluded, entry_staff_excluded, entry_excluded, entry_profile_incomplete, entry_too_young,
 *   entry_country_excluded, entry_account_too_new, entry_method_not_found, entry_proof_missing, entry_answer_wrong
 *   (and the attempt is counted), entry_attempts_exhausted, entry_cap_reached, entry_referral_unknown.
 */
export async function enterGiveaway(db: Db, entry: NewEntry, cause: Cause): Promise<AcceptedEntry> {
  const call = { ...entry, ...cause };
  const outcome = isAlone(db, entry)
    ? await callCommand<Outcome>(db, 'enter_giveaway', call)
    : await batchesOf(db)(call);
  if (!('wrongAnswer' in outcome)) return outcome;
  const { attemptsLeft } = outcome;
  throw new DomainError('entry_answer_wrong', 'This is not the answer.', { method: entry.method, attemptsLeft });
}

type EntryCall = NewEntry & Cause;

/** One that locks the rows of somebody else cannot be put into an order with others; nor one of a larger transaction. */
const isAlone = (db: Db, { referralCode }: NewEntry): boolean =>
  referralCode !== undefined || db.isTransaction === true;

const batchesByDatabase = new WeakMap<Db, (call: EntryCall) => Promise<Outcome>>();

/** Entries that come at the same time share a transaction: each for itself, but one commit for all of them. */
function batchesOf(db: Db): (call: EntryCall) => Promise<Outcome> {
  let enter = batchesByDatabase.get(db);
  if (!enter) {
    const nameOf = ({ participantId }: EntryCall): string => participantId;
    const batched = inBatches({
      run: (calls: readonly EntryCall[]) => enterEach(db, calls),
      nameOf,
      maxCalls: 50,
      maxBatches: 2,
    });
    enter = async (call) => {
      const each = await batched(call);
      if (each.error) throw asDomainError(Object.assign(new Error(each.error.message), each.error));
      return each.answer as Outcome;
    };
    batchesByDatabase.set(db, enter);
  }
  return enter;
}

interface EachAnswer {
  /** From 1, among the calls. */
  readonly place: number;
  readonly answer?: Outcome;
  readonly error?: { readonly message: string };
}

async function enterEach(db: Db, calls: readonly EntryCall[]): Promise<EachAnswer[]> {
  const [only] = calls;
  if (only && calls.length === 1) return [{ place: 1, answer: await callCommand<Outcome>(db, 'enter_giveaway', only) }];
  const answers = await callCommand<EachAnswer[]>(db, 'enter_giveaway_each', calls);
  return answers.toSorted((left, right) => left.place - right.place);
}

/** @returns the participant's code, the first one that was made. @throws DomainError entry_method_not_found, entry_not_found. */
export const makeReferralCode = (
  db: Db,
  input: { giveawayId: string; participantId: string; code: string },
): Promise<{ code: string }> => callCommand(db, 'make_referral_code', input);
