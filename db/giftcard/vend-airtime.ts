import type { Cause } from '../../domain/cause.ts';
import { callCommand } from '../call-command.ts';
import type { Db } from '../connect.ts';
import { newestFirst, type Page } from '../page.ts';
import { filterCases, type CaseFilter, type CaseTable } from '../parked-cases.ts';

export interface BeginVend {
  readonly vendId: string;
  readonly cardId: string;
  /** Whose card it is. */
  readonly userId: string;
  /** Null: all that is left on the card. */
  readonly amountMinor: bigint | null;
  /** By the airtime provider's name. */
  readonly operator: string;
  /** The phone's number, encrypted for this vend. */
  readonly phone: Uint8Array;
}

export type VendState =
  | 'SUBMITTED'
  | 'UNKNOWN'
  | 'WAITING_FOR_FLOAT'
  | 'NEEDS_ATTENTION'
  | 'DELIVERED'
  | 'FAILED_DEFINITE'
  | 'REVERSED';

export interface Vend {
  readonly vendId: string;
  readonly cardId: string;
  readonly merchantId: string;
  readonly currency: string;
  readonly amountMinor: string;
  readonly operator: string;
  readonly state: VendState;
  readonly caseNumber: number;
  /** Why it failed, waits, or is not known. */
  readonly failureCode: string | null;
  /** By which the value came back after a reversal. */
  readonly refundId: string | null;
  readonly createdAt: string;
  readonly updatedAt: string;
}

export interface VendStep extends Vend {
  /** What the provider is to be sent, or is asked about, now. */
  readonly intent: { readonly intentId: string; readonly number: number; readonly firstSentAt: string } | null;
}

interface OfVend {
  readonly vendId: string;
}

interface OfIntent extends OfVend {
  readonly intentId: string;
}

/**
 * Holds the amount on the card and writes the vend with its first intent, in one round trip. Repeated with the same id it
 * returns what stands.
 * @throws DomainError card_not_found, card_not_yours, card_not_airtime, airtime_operator_not_served, card_frozen, card_expired,
 *   card_already_redeemed, card_not_redeemable, card_over_redemption, catalogue_amount_not_offered.
 */
export const beginVend = (db: Db, { phone, ...input }: BeginVend, cause: Cause): Promise<VendStep> =>
  callCommand<VendStep>(db, 'begin_airtime_vend', {
    ...input,
    phoneSealed: Buffer.from(phone).toString('hex'),
    ...cause,
  });

/** Changes nothing. @throws DomainError airtime_vend_not_found. */
export const readVendStep = (db: Db, input: OfVend): Promise<VendStep> =>
  callCommand<VendStep>(db, 'airtime_vend_step', input);

/** Nobody knows yet what became of the intent. */
export const markVendUnknown = (db: Db, input: OfVend & { reason: string }, cause: Cause): Promise<VendStep> =>
  callCommand<VendStep>(db, 'mark_vend_unknown', { ...input, ...cause });

/** The airtime has arrived: what was held is redeemed. */
export const deliverVend = (db: Db, input: OfIntent & { providerId: string }, cause: Cause): Promise<VendStep> =>
  callCommand<VendStep>(db, 'deliver_vend', { ...input, ...cause });

/** Definitely not delivered: the card is whole again, and the number is erased. */
export const failVend = (db: Db, input: OfIntent & { failureCode: string }, cause: Cause): Promise<VendStep> =>
  callCommand<VendStep>(db, 'fail_vend', { ...input, ...cause });

/** The provider has refused the intent because its float is low: the vend waits for the next one. */
export const pauseVend = (db: Db, input: OfIntent, cause: Cause): Promise<VendStep> =>
  callCommand<VendStep>(db, 'pause_vend', { ...input, ...cause });

/** Opens the next intent of a vend that waits for float. */
export const resumeVend = (db: Db, input: OfVend, cause: Cause): Promise<VendStep> =>
  callCommand<VendStep>(db, 'resume_vend', { ...input, ...cause });

/** A person has to look: with a case number. */
export const parkVend = (db: Db, input: OfVend & { reason: string }, cause: Cause): Promise<VendStep> =>
  callCommand<VendStep>(db, 'park_vend', { ...input, ...cause });

interface Decided extends OfVend {
  readonly caseNumber: number;
  readonly decisionReason: string;
}

/** The provider is asked again. @throws DomainError case_not_open, case_changed. */
export const retryVend = (db: Db, input: Decided, cause: Cause): Promise<VendStep> =>
  callCommand<VendStep>(db, 'retry_vend', { ...input, ...cause });

/**
 * What nobody will ever know is taken for delivered, or for failed, as two people have decided.
 * @throws DomainError case_not_open, case_changed, second_person_missing.
 */
export const settleVendCase = (
  db: Db,
  input: Decided & { kind: 'take_as_delivered' | 'take_as_failed' },
  cause: Cause,
): Promise<VendStep> => callCommand<VendStep>(db, 'settle_vend_case', { ...input, ...cause });

/** The airtime was taken back after it had arrived: the value goes back onto the card by a refund. */
export const reverseVend = (db: Db, input: { intentId: string }, cause: Cause): Promise<VendStep> =>
  callCommand<VendStep>(db, 'reverse_vend', { ...input, ...cause });

/** Erases numbers that nobody needs any more. @returns how many; at most the limit. Safe to repeat. */
export const erasePhones = (db: Db, input: { keptMs: number; limit: number }): Promise<{ erased: number }> =>
  callCommand(db, 'erase_phones', input);

export interface Dispatch {
  readonly vendId: string;
  readonly operator: string;
  readonly amountMinor: bigint;
  readonly currency: string;
  readonly intentState: string;
  /** Null once it is erased. */
  readonly phoneSealed: Uint8Array | null;
}

/** What the provider is told of an intent. */
export const findDispatch = (db: Db, intentId: string): Promise<Dispatch | undefined> =>
  db('airtime_intents as i').join('airtime_vends as v', 'v.id', 'i.vend_id').where('i.id', intentId).first<Dispatch>({
    vendId: 'v.id',
    operator: 'v.operator',
    amountMinor: 'v.amount_minor',
    currency: 'v.currency',
    intentState: 'i.state',
    phoneSealed: 'v.phone_sealed',
  });

export interface OwnVend extends Vend {
  readonly userId: string;
  readonly phoneSealed: Uint8Array | null;
}

interface Row {
  readonly answer: VendStep;
  readonly userId: string;
  readonly phoneSealed: Uint8Array | null;
}

const COLUMNS = 'airtime_vend_answer(airtime_vends) as answer, user_id as "userId", phone_sealed as "phoneSealed"';

const ownOf = ({ answer: { intent: _intent, ...vend }, userId, phoneSealed }: Row): OwnVend => ({
  ...vend,
  userId,
  phoneSealed,
});

export async function findVend(db: Db, vendId: string): Promise<OwnVend | undefined> {
  const row = await db('airtime_vends').where({ id: vendId }).first<Row | undefined>(db.raw(COLUMNS));
  return row && ownOf(row);
}

/** Of one card, the newest first; a card has few. */
export const listVendsOfCard = async (db: Db, cardId: string): Promise<OwnVend[]> =>
  (
    await db('airtime_vends')
      .where({ card_id: cardId })
      .orderBy([
        { column: 'created_at', order: 'desc' },
        { column: 'id', order: 'desc' },
      ])
      .limit(100)
      .select<Row[]>(db.raw(COLUMNS))
  ).map(ownOf);

export const VEND_CASES: CaseTable = {
  table: 'airtime_vends',
  reason: 'failure_code',
  amount: 'amount_minor',
  state: 'NEEDS_ATTENTION',
};

export interface VendFilter extends Page, CaseFilter {
  readonly merchantId?: string | undefined;
  readonly state?: string | undefined;
}

/** Newest first, without numbers. */
export async function listVends(db: Db, { state, merchantId, ...filter }: VendFilter): Promise<Vend[]> {
  const query = db('airtime_vends').select<{ answer: VendStep }[]>(
    db.raw('airtime_vend_answer(airtime_vends) as answer'),
  );
  if (state !== undefined) void query.where({ state });
  if (merchantId !== undefined) void query.where({ merchant_id: merchantId });
  filterCases(query, VEND_CASES, filter);
  newestFirst(query, 'airtime_vends', filter);
  return (await query).map(({ answer: { intent: _intent, ...vend } }) => vend);
}

export interface VendIntent {
  readonly intentId: string;
  readonly number: number;
  readonly state: 'SENT' | 'UNKNOWN' | 'DELIVERED' | 'FAILED_DEFINITE' | 'REVERSED';
  readonly providerId: string | null;
  readonly failureCode: string | null;
  readonly firstSentAt: Date;
}

/** What was sent, the newest last. */
export const listVendIntents = (db: Db, vendId: string): Promise<VendIntent[]> =>
  db('airtime_intents').where({ vend_id: vendId }).orderBy('number').select<VendIntent[]>({
    intentId: 'id',
    number: 'number',
    state: 'state',
    providerId: 'provider_id',
    failureCode: 'failure_code',
    firstSentAt: 'first_sent_at',
  });

/** Whose intent it is, and how far its vend has come. */
export const findVendOfIntent = (db: Db, intentId: string): Promise<{ vendId: string; state: VendState } | undefined> =>
  db('airtime_intents as i')
    .join('airtime_vends as v', 'v.id', 'i.vend_id')
    .where('i.id', intentId)
    .first<{ vendId: string; state: VendState }>({ vendId: 'v.id', state: 'v.state' });

export interface CardOfAirtime {
  readonly assigneeId: string | null;
  readonly currency: string;
  /** Whose phones it is good for; null: it is for none. */
  readonly operators: readonly string[] | null;
}

export const findAirtimeCard = (db: Db, cardId: string): Promise<CardOfAirtime | undefined> =>
  db('gift_cards as c')
    .join('catalogue_items as i', 'i.id', 'c.catalogue_item_id')
    .where('c.id', cardId)
    .first<CardOfAirtime>({ assigneeId: 'c.assignee_id', currency: 'c.currency', operators: 'i.operators' });
