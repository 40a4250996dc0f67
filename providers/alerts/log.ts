import type { Log } from '../../runtime/log.ts';
import type { AlertChannel } from './port.ts';

/** Alerts as log lines of level `error`, for whatever watches the log. */
export const logAlerts = (log: Log): AlertChannel => ({
  send: ({ key, alertId, correlationId, summary }) => {
    log.error({ alert: key, alertId, correlationId }, summary);
    return Promise.resolve();
  },
});
