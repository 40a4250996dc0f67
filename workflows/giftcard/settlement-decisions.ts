import { CaseDecisions } from '../case-decisions.ts';
import { SETTLEMENT_DECISIONS, type SettlementDecision } from './settlement.contract.ts';

/** What finance decides about a parked settlement. */
export class SettlementDecisions extends CaseDecisions<SettlementDecision> {
  constructor() {
    super(Object.values(SETTLEMENT_DECISIONS), {
      code: 'settlement_not_parked',
      message: 'The settlement does not wait for a decision.',
    });
  }
}
