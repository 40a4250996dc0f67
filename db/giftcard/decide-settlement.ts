import type { Cause } from '../../domain/cause.ts';
import { callCommand } from '../call-command.ts';
import type { Db } from '../connect.ts';
import type { SettlementStep } from './pay-settlement.ts';

interface SettlementCase {
  readonly settlementId: string;
  /** The case that the decision was made on. */
  readonly caseNumber: number;
  readonly reason: string;
}

/**
 * Finance has decided to try again, to another account where one is given.
 * @throws DomainError case_changed, settlement_not_parked, settlement_intent_open (another account while what was sent
 *   may still arrive).
 */
export const resumeSettlement = (
  db: Db,
  input: SettlementCase & { payoutAccount?: string | undefined },
  cause: Cause,
): Promise<SettlementStep> => callCommand<SettlementStep>(db, 'resume_settlement', { ...input, ...cause });

/**
 * The payout is given up, as two people have decided: it is owed still, as unclaimed.
 * @throws DomainError case_changed, settlement_not_parked, settlement_intent_open, second_person_missing.
 */
export const writeOffPayout = (db: Db, input: SettlementCase, cause: Cause): Promise<SettlementStep> =>
  callCommand<SettlementStep>(db, 'write_off_payout', { ...input, ...cause });
