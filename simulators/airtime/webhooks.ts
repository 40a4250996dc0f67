import { createHmac, randomUUID } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';

export interface WebhookOptions {
  readonly url: string | undefined;
  /** `whsec_` and base64, as Standard Webhooks has it. */
  readonly secret: string;
}

const RETRY_MS = [500, 1_000, 5_000, 30_000] as const;
const TIMEOUT_MS = 5_000;

/** Written with what happened, in its transaction. */
export const enqueueWebhook = (db: DatabaseSync, body: object): void =>
  void db
    .prepare('insert into webhooks (id, body, due_at) values (?, ?, ?)')
    .run(`msg_${randomUUID()}`, JSON.stringify(body), Date.now());

/** Delivers what is due; what is not taken is sent again. */
export async function deliverWebhooks(db: DatabaseSync, { url, secret }: WebhookOptions): Promise<void> {
  if (!url) return;
  const due = db.prepare(
    'select * from webhooks where delivered_at is null and attempts < ? and due_at <= ? order by due_at limit 20',
  );
  for (const row of due.all(RETRY_MS.length, Date.now())) {
    const [id, body, attempts] = [String(row['id']), String(row['body']), Number(row['attempts'])];
    const timestamp = String(Math.floor(Date.now() / 1_000));
    const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
    const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
    const signed = { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` };
    try {
      const headers = { 'content-type': 'application/json', ...signed };
      const response = await fetch(url, { method: 'POST', headers, body, signal: AbortSignal.timeout(TIMEOUT_MS) });
      if (!response.ok) throw new Error(`answered ${response.status}`);
      db.prepare('update webhooks set delivered_at = ? where id = ?').run(Date.now(), id);
    } catch {
      const dueAt = Date.now() + (RETRY_MS[attempts] ?? 0);
      db.prepare('update webhooks set attempts = attempts + 1, due_at = ? where id = ?').run(dueAt, id);
    }
  }
}
