import * as wf from '@temporalio/workflow';

/** A decision of somebody of finance, made on the case that he has seen. */
interface OnCase {
  readonly caseNumber: number;
}

/** What somebody hears who decides while nothing waits for a decision. */
interface NotOpen {
  readonly code: string;
  readonly message: string;
}

/**
 * What finance decides about whatever a workflow has parked. A decision carries the number of the case that it was made
 * on: before it is accepted it is held against the open one, and a refused decision leaves no trace in the history.
 * The first decision closes the case: whoever decides at the same moment is told so.
 */
export class CaseDecisions<Decision extends OnCase> {
  readonly #notOpen: NotOpen;
  #made: Decision | undefined;
  #openCase: number | undefined;

  /**
   * @param updates the names of the workflow updates that bring decisions
   * @param notOpen the refusal of a decision while no case is open; on another case it is `case_changed`
   */
  constructor(updates: readonly string[], notOpen: NotOpen) {
    this.#notOpen = notOpen;
    for (const name of updates) {
      wf.setHandler(
        wf.defineUpdate<{ accepted: true }, [Decision]>(name),
        (decision) => {
          this.#made = decision;
          this.#openCase = undefined;
          return { accepted: true };
        },
        { validator: (decision) => this.#requireOpenCase(decision) },
      );
    }
  }

  /** From now on a decision on this case is accepted: one. */
  open(caseNumber: number): void {
    this.#openCase = caseNumber;
  }

  /** The decision on the open case, waited for as long as it takes. */
  async next(): Promise<Decision> {
    await wf.condition(() => this.#made !== undefined);
    const decision = this.#take();
    if (!decision) throw new Error('A decision has vanished');
    return decision;
  }

  /**
   * The decision on the open case, or undefined once something else has happened or the time is up: the case is closed
   * then, because what the workflow does next may change it.
   */
  async nextOr(somethingElse: () => boolean, timeoutMs: number): Promise<Decision | undefined> {
    await wf.condition(() => somethingElse() || this.#made !== undefined, timeoutMs);
    return this.#take();
  }

  #take(): Decision | undefined {
    const decision = this.#made;
    this.#made = undefined;
    this.#openCase = undefined;
    return decision;
  }

  #requireOpenCase({ caseNumber }: Decision): void {
    if (this.#openCase === undefined)
      throw wf.ApplicationFailure.nonRetryable(this.#notOpen.message, this.#notOpen.code);
    if (caseNumber !== this.#openCase)
      throw wf.ApplicationFailure.nonRetryable('The case has changed since you looked.', 'case_changed', {
        caseNumber: this.#openCase,
      });
  }
}
