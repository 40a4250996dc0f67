import { ApplicationFailure, log } from '@temporalio/activity';
import { DomainError } from '../domain/errors.ts';

type Activity = (...inputs: never[]) => Promise<unknown>;

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
      log.info(`${name} refused`, { requestId, code: error.code });
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
    nonRetryable: true,
    details: error.details ? [error.details] : [],
  });
