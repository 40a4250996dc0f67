import { NexusOperationFailure } from '@temporalio/common';
import {
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  ChildWorkflowFailure,
  condition,
  defineQuery,
  setHandler,
} from '@temporalio/workflow';
import { ANSWER, type Answered } from './platform/answer.contract.ts';

/**
 * What the caller of a workflow waits for: a value, or a refusal. A refusal is thrown by the update handler and
 * completes the workflow; thrown from the main function its code would not reach the caller. It can be asked for as well,
 * for a caller whose update was lost with the server's memory while the workflow went on and ended.
 */
export class Answer<T> {
  #outcome: { readonly value: T } | { readonly refusal: ApplicationFailure } | undefined;

  constructor() {
    setHandler(defineQuery<Answered | undefined>(ANSWER), () => this.#told());
  }

  give(value: T): void {
    this.#outcome ??= { value };
  }

  refuse(refusal: ApplicationFailure): void {
    this.#outcome ??= { refusal };
  }

  async wait(): Promise<T> {
    // Cancelled by an operator, a workflow undoes what it has done and then says so: that is the answer, for ever.
    await CancellationScope.nonCancellable(() => condition(() => this.#outcome !== undefined));
    if (!this.#outcome || 'refusal' in this.#outcome)
      throw this.#outcome?.refusal ?? new Error('answered without an answer');
    return this.#outcome.value;
  }

  #told(): Answered | undefined {
    if (!this.#outcome || 'value' in this.#outcome) return this.#outcome;
    const { type, message, details } = this.#outcome.refusal;
    return { refusal: { code: type ?? 'internal_error', message, details: details?.[0] } };
  }
}

/**
 * The coded refusal inside a failed activity, child or Nexus operation.
 * @throws the error itself when it is not a refusal: trouble, which fails the task and is tried again.
 */
export function refusalOf(error: unknown): ApplicationFailure {
  for (let current = error; current instanceof Error; current = current.cause) {
    if (current instanceof ApplicationFailure && current.nonRetryable && current.type) return recoded(current);
    const wrapper =
      current instanceof ActivityFailure ||
      current instanceof ChildWorkflowFailure ||
      current instanceof NexusOperationFailure;
    if (!wrapper && !(current instanceof ApplicationFailure)) break;
  }
  throw error;
}

/** A fresh failure, without the stack and causes of the worker that met it. */
const recoded = (failure: ApplicationFailure): ApplicationFailure =>
  ApplicationFailure.create({
    type: failure.type ?? 'internal_error',
    message: failure.message,
    nonRetryable: true,
    details: failure.details ?? [],
  });
