import { heartbeat } from '@temporalio/activity';
import type { Database } from '../db/connect.ts';
import { claimAlerts, markDelivered, markFailed, raiseAlert, type StoredAlert } from '../db/platform/alerts.ts';
import type { AlertChannel, AlertsPort } from '../providers/alerts/port.ts';
import type { AuditActivities } from '../workflows/audit/contract.ts';

/**
 * Writes the alert down, once for its key, and lets the sweep deliver it: no process waits for whoever is told, however
 * long that takes.
 */
export const storedAlerts = (db: Database): AlertsPort => ({ raise: (alert) => raiseAlert(db, alert) });

export interface AlertChannels {
  /** Gets every alert once, whatever becomes of the other. */
  readonly log: AlertChannel;
  readonly webhook: AlertChannel | undefined;
}

const AT_ONCE = 20;

export const deliverAlertsActivities = (
  db: Database,
  channels: AlertChannels,
): Pick<AuditActivities, 'deliverAlerts'> => ({
  deliverAlerts: () => deliverDueAlerts(db, channels, heartbeat),
});

/** Sends what is due, and marks what has arrived; the rest is due again later. @param onStep called now and then. */
export async function deliverDueAlerts(
  db: Database,
  channels: AlertChannels,
  onStep: () => void,
): Promise<{ delivered: number; failed: number }> {
  const outcome = { delivered: 0, failed: 0 };
  for (;;) {
    const due = await claimAlerts(db, AT_ONCE);
    const sent = await Promise.all(due.map((alert) => deliver(db, channels, alert)));
    outcome.delivered += sent.filter(Boolean).length;
    outcome.failed += sent.filter((done) => !done).length;
    onStep();
    if (due.length < AT_ONCE) return outcome;
  }
}

async function deliver(db: Database, { log, webhook }: AlertChannels, alert: StoredAlert): Promise<boolean> {
  try {
    if (alert.attempts === 1) await log.send(alert);
    await webhook?.send(alert);
  } catch (error) {
    await markFailed(db, alert.alertId, error instanceof Error ? error.message : String(error));
    return false;
  }
  await markDelivered(db, alert.alertId);
  return true;
}
