import { ApplicationFailure, log } from '@temporalio/activity';
import { DomainError, type ErrorCode } from '../domain/errors.ts';

type Activity = (...inputs: never[]) => Promise<unknown>;

/**
 * The books lack what a step counts on. That is a fault of ours and nobody's answer: the money may be on its way already,
 * so the step is repeated, in sight of whoever looks at its workflow, until the books are mended.
 */
const FAULTS_OF_THE_BOOKS: ReadonlySet<ErrorCode> = new Set([
  'ledger_insufficient_balance',
  'ledger_account_unknown',
  'ledger_transfer_unknown',
]);

/**
 * Turns refusals of the business into coded failures that are not repeated; whatever else is thrown is trouble and is
 * repeated by the activity's profile. The message goes into a history, so it names ids and amounts only.
 * Each effect is logged with the id of the request that it serves.
 */
export function asActivities<T extends Record<string, Activity>>(effects: T): T {
  const wrapped = Object.entries(effects).map(([name, effect]) => [name, refusing(name, effect)]);
  return Object.fromEntries(wrapped) as T;
}

function refusing(name: string, effect: Activity): Activity {
  return async (...inputs) => {
    const requestId = requestIdOf(inputs[0]);
    try {
      const result = await effect(...inputs);
      log.info(name, { requestId });
      return result;
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      const ours = FAULTS_OF_THE_BOOKS.has(error.code);
      log[ours ? 'error' : 'info'](`${name} refused`, { requestId, code: error.code });
      throw asFailure(error);
    }
  };
}

function requestIdOf(input: unknown): unknown {
  return typeof input === 'object' && input !== null && 'requestId' in input ? input.requestId : undefined;
}

const asFailure = (error: DomainError): ApplicationFailure =>
  ApplicationFailure.create({
    type: error.code,
    message: error.message,
    nonRetryable: !FAULTS_OF_THE_BOOKS.has(error.code),
    details: error.details ? [error.details] : [],
  });
