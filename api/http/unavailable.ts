/**
 * Whether a failure is the trouble of something that we stand on (database, Redis, Temporal) and passes by itself.
 * Known by names and codes, so that no driver is imported here.
 */
export function isUnavailable(error: unknown): boolean {
  for (
    let current = error, depth = 0;
    current instanceof Error && depth < MAX_CAUSES;
    current = current.cause, depth += 1
  ) {
    if (TROUBLED_NAMES.has(current.name) || TROUBLED_CODES.has(codeOf(current)) || isLostConnection(current))
      return true;
    if (SQLSTATE_CLASSES.test(codeOf(current))) return true;
  }
  return false;
}

const MAX_CAUSES = 8;

const TROUBLED_NAMES = new Set([
  'KnexTimeoutError',
  'MaxRetriesPerRequestError',
  'ServiceError', // Temporal does not answer
  'WorkflowUpdateRPCTimeoutOrCancelledError',
]);

const TROUBLED_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ETIMEDOUT',
  'EPIPE',
  'EHOSTUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  '57014', // statement time-out
  '57P01', // the server is being shut down
  '57P02',
  '57P03', // it is starting
  '55P03', // lock time-out
  '40001', // serialization failure
  '40P01', // deadlock
  '25P03', // idle in transaction for too long
]);

/** 08 connection · 53 insufficient resources · 58 system error */
const SQLSTATE_CLASSES = /^(?:08|53|58)[0-9A-Z]{3}$/;

const codeOf = (error: Error): string => ('code' in error && typeof error.code === 'string' ? error.code : '');

/** The drivers give these no code. */
const isLostConnection = (error: Error): boolean =>
  /^(?:Connection terminated|Connection is closed|Command timed out|Client has encountered a connection error)/.test(
    error.message,
  );
