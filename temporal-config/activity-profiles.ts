import type { ActivityOptions, LocalActivityOptions } from '@temporalio/common';

/**
 * How long an effect may take and how it is repeated. No effect is limited in its attempts: what has money in
 * flight is repeated until it is done or a person decides. Each time-out lies above the one of the layer below it,
 * so that two attempts of one effect do not overlap in the ordinary case (they are safe when they do).
 */

/** The one transaction that a caller waits for. Over the database's own statement time-out of 2 s. */
export const DATABASE_STEP: LocalActivityOptions = {
  startToCloseTimeout: '3s',
  // Past this a retry becomes a timer, so that hundreds of failing steps do not hold the worker.
  localRetryThreshold: '50ms',
  retry: { initialInterval: '20ms', backoffCoefficient: 2, maximumInterval: '30s' },
};

/** A transaction after the answer: as a normal activity, because a local one would delay the answer. */
export const DATABASE_ACTIVITY: ActivityOptions = {
  startToCloseTimeout: '5s',
  retry: { initialInterval: '200ms', backoffCoefficient: 2, maximumInterval: '30s' },
};

/** One transaction over many rows, which sets its own statement time-out of 30 s. */
export const LONG_TRANSACTION: ActivityOptions = {
  startToCloseTimeout: '40s',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '30s' },
};

/** Reads or writes many rows, in batches, with heartbeats. */
export const BATCH_ACTIVITY: ActivityOptions = {
  startToCloseTimeout: '10m',
  heartbeatTimeout: '30s',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '30s' },
};

/** Two calls to a provider, each followed by a transaction, with heartbeats when that takes its time. */
export const PAYOUT: ActivityOptions = {
  startToCloseTimeout: '30s',
  heartbeatTimeout: '12s',
  retry: { initialInterval: '500ms', backoffCoefficient: 2, maximumInterval: '30s' },
};

/** A run of the audit, which heartbeats by itself while one query takes minutes. */
export const AUDIT_RUN: ActivityOptions = {
  startToCloseTimeout: '2h',
  heartbeatTimeout: '30s',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '1m' },
};

/** Reads files of a provider, with heartbeats. What cannot be read in a few attempts waits for a person. */
export const SETTLEMENT_FILES: ActivityOptions = {
  startToCloseTimeout: '20m',
  heartbeatTimeout: '60s',
  retry: { initialInterval: '5s', backoffCoefficient: 2, maximumInterval: '60s', maximumAttempts: 5 },
};

/** A call to a provider, whose HTTP time-out is 10 s. */
export const PROVIDER_CALL: ActivityOptions = {
  startToCloseTimeout: '15s',
  retry: { initialInterval: '500ms', backoffCoefficient: 2, maximumInterval: '30s' },
};
