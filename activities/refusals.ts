import { ApplicationFailure } from '@temporalio/activity';
import { DomainError } from '../domain/errors.ts';

type Activity = (...inputs: never[]) => Promise<unknown>;

/**
 * Turns refusals of the business into coded failures that are not repeated; whatever else is thrown is trouble and is
 * repeated by the activity's profile. The message goes into a history, so it names ids and amounts only.
 */
export function asActivities<T extends Record<string, Activity>>(effects: T): T {
  const wrapped = Object.entries(effects).map(([name, effect]) => [name, refusing(effect)]);
  return Object.fromEntries(wrapped) as T;
}

function refusing(effect: Activity): Activity {
  return async (...inputs) => {
    try {
      return await effect(...inputs);
    } catch (error) {
      throw error instanceof DomainError ? asFailure(error) : error;
    }
  };
}

const asFailure = (error: DomainError): ApplicationFailure =>
  ApplicationFailure.create({
    type: error.code,
    message: error.message,
    nonRetryable: true,
    details: error.details ? [error.details] : [],
  });
