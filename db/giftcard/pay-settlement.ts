import type { Cause } from '../../domain/cause.ts';
import { callCommand } from '../call-command.ts';
import type { Db } from '../connect.ts';
import type { PayoutRules } from '../../runtime/payout-rules.ts';

export type Leg = 'merchant' | 'platform';

export type IntentState = 'SENT' | 'UNKNOWN' | 'SUCCEEDED' | 'FAILED_DEFINITE' | 'REVERSED';

/** A transfer that the provider is asked for: its id is the provider's idempotency key. */
export interface LegIntent {
  readonly intentId: string;
  readonly leg: Leg;
  readonly amountMinor: string;
  readonly currency: string;
  /** Null: the platform's own account. */
  readonly destinationAccount: string | null;
  readonly state: IntentState;
  /** By the database's clock: the provider's key window counts from here. */
  readonly firstSentAt: string;
}

export interface SettlementStep {
  readonly settlementId: string;
  readonly state: 'SETTLING' | 'NEEDS_ATTENTION' | 'SETTLED';
  readonly caseNumber: number;
  readonly reason: string | null;
  /** The auditor has halted payouts of the currency: the next leg begins when this ends. */
  readonly haltId: string | null;
  /** What is to be sent, or looked up, now; null when nothing is left, or a person has to decide. */
  readonly intent: LegIntent | null;
}

interface IntentRef {
  readonly settlementId: string;
  readonly intentId: string;
}

export interface LegPaid extends IntentRef {
  readonly providerId: string;
  /** The payout's own fee: the platform's cost, it changes nothing of the merchant's. */
  readonly payoutFeeMinor: bigint;
}

/** What is next: the live intent, a new one where a refusal ended the last, or the end. @throws settlement_not_found. */
export const nextStep = (
  db: Db,
  input: PayoutRules & { settlementId: string },
  cause: Cause,
): Promise<SettlementStep> => callCommand<SettlementStep>(db, 'settle_step', { ...input, ...cause });

/** The provider has carried the leg out. @returns what is next, with its intent written already. */
export const completeLeg = (db: Db, input: LegPaid & PayoutRules, cause: Cause): Promise<SettlementStep> =>
  callCommand<SettlementStep>(db, 'complete_leg', { ...input, ...cause });

/** The provider has definitely refused: the intent ends, and the money is owed as before. */
export const refuseLeg = (db: Db, input: IntentRef & { failureCode: string }, cause: Cause): Promise<void> =>
  callCommand(db, 'refuse_leg', { ...input, ...cause });

/** The provider's answer is open; the pending entry stays until it is known. */
export async function markIntentUnknown(db: Db, intentId: string): Promise<void> {
  await db('settlement_intents')
    .where({ id: intentId, state: 'SENT' })
    .update({ state: 'UNKNOWN', updated_at: db.fn.now() });
}

/** A person has to decide. @returns the settlement with its case's number, which every decision must carry. */
export const parkSettlement = (
  db: Db,
  input: { settlementId: string; reason: string },
  cause: Cause,
): Promise<SettlementStep> => callCommand<SettlementStep>(db, 'park_settlement', { ...input, ...cause });
