import { hmacSha256 } from '../../runtime/crypto.ts';
import type { AlertChannel, SentAlert } from './port.ts';

export interface WebhookAlertsOptions {
  readonly url: string;
  /** `whsec_` and base64. */
  readonly secret: string;
  readonly timeoutMs: number;
}

/** Alerts as signed messages, by the Standard Webhooks scheme: whoever gets one checks `webhook-signature`. */
export function webhookAlerts({ url, secret, timeoutMs }: WebhookAlertsOptions): AlertChannel {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  return {
    send: async (alert) => {
      const id = `msg_${alert.alertId}`;
      const timestamp = Math.floor(Date.now() / 1_000).toString();
      const body = JSON.stringify(messageOf(alert));
      const signature = Buffer.from(hmacSha256(key, `${id}.${timestamp}.${body}`)).toString('base64');
      const response = await fetch(url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'webhook-id': id,
          'webhook-timestamp': timestamp,
          'webhook-signature': `v1,${signature}`,
        },
        body,
        // Whoever is named in the configuration is told, and nobody else.
        redirect: 'error',
        signal: AbortSignal.timeout(timeoutMs),
      });
      await response.body?.cancel();
      if (!response.ok) throw new Error(`http_${response.status}`);
    },
  };
}

const messageOf = ({ key, summary, correlationId, raisedAt }: SentAlert) => ({
  type: 'alert.raised',
  timestamp: raisedAt.toISOString(),
  data: { key, summary, correlationId },
});
