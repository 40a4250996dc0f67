import type { Log } from '../../runtime/log.ts';
import type { AlertsPort } from './port.ts';

/** Alerts as log lines of level `error`, for whatever watches the log. */
export const logAlerts = (log: Log): AlertsPort => ({
  raise: (alert) => {
    log.error({ alert: alert.key, correlationId: alert.correlationId }, alert.summary);
    return Promise.resolve();
  },
});
