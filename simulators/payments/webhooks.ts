import { createHmac, randomUUID } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import type { PaymentView } from './payments.ts';

export interface WebhookOptions {
  readonly urls: readonly string[];
  /** `whsec_` and base64, as Standard Webhooks has it. */
  readonly secret: string;
}

const RETRY_MS = [1_000, 5_000, 30_000, 300_000] as const;
const POLL_MS = 200;
const TIMEOUT_MS = 5_000;

/** Written with the payment, in its transaction: an event is never lost, and may come twice. */
export function enqueueWebhooks(db: DatabaseSync, { urls }: WebhookOptions, payment: PaymentView): void {
  const body = JSON.stringify({ type: `${payment.kind}.${payment.status}`, data: payment });
  for (const url of urls) {
    db.prepare('insert into webhooks (id, url, body, due_at) values (?, ?, ?, ?)').run(
      `msg_${randomUUID()}`,
      url,
      body,
      Date.now(),
    );
  }
}

/** Delivers what is due, again and again. @returns how to stop it. */
export function startWebhooks(db: DatabaseSync, options: WebhookOptions): () => void {
  let busy = false;
  const deliver = async (): Promise<void> => {
    if (busy) return;
    busy = true;
    try {
      const due = db.prepare(
        'select * from webhooks where delivered_at is null and attempts < ? and due_at <= ? order by due_at limit 20',
      );
      for (const row of due.all(RETRY_MS.length, Date.now())) await send(db, options, row);
    } finally {
      busy = false;
    }
  };
  const timer = setInterval(() => void deliver(), POLL_MS);
  return () => clearInterval(timer);
}

async function send(db: DatabaseSync, { secret }: WebhookOptions, row: Record<string, unknown>): Promise<void> {
  const [id, body, attempts] = [String(row['id']), String(row['body']), Number(row['attempts'])];
  const timestamp = Math.floor(Date.now() / 1_000);
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  try {
    const response = await fetch(String(row['url']), {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'webhook-id': id,
        'webhook-timestamp': String(timestamp),
        'webhook-signature': `v1,${signature}`,
      },
      body,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (!response.ok) throw new Error(`answered ${response.status}`);
    db.prepare('update webhooks set delivered_at = ? where id = ?').run(Date.now(), id);
  } catch {
    const later = RETRY_MS[attempts] ?? 0;
    db.prepare('update webhooks set attempts = attempts + 1, due_at = ? where id = ?').run(Date.now() + later, id);
  }
}
