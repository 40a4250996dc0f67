import { defineQuery, setHandler } from '@temporalio/workflow';
import { refusalOf } from './answer.ts';

/**
 * The main function of a workflow behind a Nexus operation. Only here a refusal fails the workflow: so it reaches the
 * caller as an operation failure with its code, which is not repeated.
 */
export async function asOperation<T>(effect: () => Promise<T>): Promise<T> {
  let status = 'running';
  setHandler(defineQuery<string>('operationStatus'), () => status);
  try {
    const result = await effect();
    status = 'done';
    return result;
  } catch (error) {
    status = 'refused';
    throw refusalOf(error);
  }
}
