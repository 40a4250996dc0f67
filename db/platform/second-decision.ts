import type { Cause } from '../../domain/cause.ts';
import { callCommand } from '../call-command.ts';
import type { Db } from '../connect.ts';

export interface SecondDecision {
  readonly decisionId: string;
  readonly subjectType: 'settlement' | 'refund' | 'withdrawal' | 'dispute' | 'reconciliation_case' | 'airtime_vend';
  readonly subjectId: string;
  /** The case that it is about: a later case takes two people again. */
  readonly caseNumber: number;
  readonly kind:
    | 'honour'
    | 'give_back'
    | 'write_off'
    | 'accept_loss'
    | 'hold_gain'
    | 'take_as_delivered'
    | 'take_as_failed';
  readonly reason: string;
}

export interface DecisionStatus {
  readonly approved: boolean;
  readonly requestedBy: string;
  readonly approvedBy: string | null;
}

/** What takes two people: the first asks, another one approves. The same person again changes nothing. */
export const secondDecision = (db: Db, input: SecondDecision, cause: Cause): Promise<DecisionStatus> =>
  callCommand<DecisionStatus>(db, 'second_decision', { ...input, ...cause });
