import { DefaultLogger, type LogLevel } from '@temporalio/worker';
import type { Log } from '../runtime/log.ts';

const LEVELS: Readonly<Record<LogLevel, 'trace' | 'debug' | 'info' | 'warn' | 'error'>> = {
  TRACE: 'trace',
  DEBUG: 'debug',
  INFO: 'info',
  WARN: 'warn',
  ERROR: 'error',
};

/** What the SDK, the workflows and the activities say, in our own log: with the workflow's id, and the request's where it is known. */
export const temporalLogger = (log: Log): DefaultLogger =>
  new DefaultLogger('INFO', ({ level, message, meta }) => {
    const { workflowId, requestId, taskQueue, state, code, error } = { ...meta } as Record<string, unknown>;
    log[LEVELS[level]]({ workflowId, requestId, taskQueue, state, code, ...(error ? { err: error } : {}) }, message);
  });
