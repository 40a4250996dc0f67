import * as wf from '@temporalio/workflow';
import { SETTLEMENT_DECISIONS, type SettlementDecision } from './settlement.contract.ts';

/**
 * What finance decides about a parked settlement. A decision carries the number of the case that it was made on:
 * before it is accepted it is held against the open one, and a refused decision leaves no trace.
 */
export class SettlementDecisions {
  readonly #made: SettlementDecision[] = [];
  #openCase: number | undefined;

  constructor() {
    for (const name of Object.values(SETTLEMENT_DECISIONS)) {
      wf.setHandler(
        wf.defineUpdate<{ accepted: true }, [SettlementDecision]>(name),
        (decision) => {
          this.#made.push(decision);
          // One decision ends the case: whoever decides at the same moment is told so.
          this.#openCase = undefined;
          return { accepted: true };
        },
        { validator: (decision) => this.#requireOpenCase(decision) },
      );
    }
  }

  open(caseNumber: number): void {
    this.#openCase = caseNumber;
  }

  async next(): Promise<SettlementDecision> {
    await wf.condition(() => this.#made.length > 0);
    const [decision] = this.#made.splice(0);
    if (!decision) throw new Error('A decision has vanished');
    return decision;
  }

  #requireOpenCase({ caseNumber }: SettlementDecision): void {
    if (this.#openCase === undefined) {
      throw wf.ApplicationFailure.nonRetryable('The settlement does not wait for a decision.', 'settlement_not_parked');
    }
    if (caseNumber !== this.#openCase) {
      throw wf.ApplicationFailure.nonRetryable('The case has changed since you looked.', 'case_changed', {
        caseNumber: this.#openCase,
      });
    }
  }
}
