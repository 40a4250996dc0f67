import { createHmac, randomUUID } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { seeded } from '../seeded.ts';
import { nowMs } from './clock.ts';
import { readSettings } from './settings.ts';
import { stripeEvent, type Happening } from './stripe/events.ts';

export interface WebhookOptions {
  readonly urls: readonly string[];
  /** `whsec_` and base64, as Standard Webhooks has it; Stripe's dialect takes it as it is. */
  readonly secret: string;
  readonly dialect: 'handsel' | 'stripe';
}

const RETRY_MS = [1_000, 5_000, 30_000, 300_000] as const;
const POLL_MS = 200;
const TIMEOUT_MS = 5_000;

/** Written with whatever happened, in its transaction: a message is lost only where somebody asked for that. */
export function enqueueWebhooks(db: DatabaseSync, { urls, dialect }: WebhookOptions, happening: Happening): void {
  const { webhooks: told } = readSettings(db);
  const dueAt = nowMs(db) + told.delayMs;
  for (const url of urls) {
    const id = `${dialect === 'stripe' ? 'evt' : 'msg'}_${randomUUID()}`;
    const insert = (rowId: string, body: string, forged: boolean): void => {
      const later = Math.floor(seeded('shuffle', rowId) * told.shuffleMs);
      db.prepare('insert into webhooks (id, url, body, forged, due_at) values (?, ?, ?, ?, ?)').run(
        rowId,
        url,
        body,
        forged ? 1 : 0,
        dueAt + later,
      );
    };
    if (seeded('forged', id) < told.forged)
      insert(`${id}#forged`, bodyOf(dialect, { ...happening, type: `${happening.payment.kind}.reversed` }, id), true);
    if (seeded('dropped', id) < told.dropped) continue;
    for (let copy = 1; copy <= told.copies; copy += 1) insert(`${id}#${copy}`, bodyOf(dialect, happening, id), false);
  }
}

function bodyOf(dialect: WebhookOptions['dialect'], happening: Happening, id: string): string {
  if (dialect === 'stripe') return JSON.stringify(stripeEvent(happening, id));
  const { type, payment, disputed } = happening;
  const data = disputed ? { kind: 'dispute', reference: payment.reference, amount: disputed } : payment;
  return JSON.stringify({ type, data });
}

/** Delivers what is due, again and again. @returns how to stop it. */
export function startWebhooks(db: DatabaseSync, options: WebhookOptions): () => void {
  let busy = false;
  const deliver = async (): Promise<void> => {
    if (busy) return;
    busy = true;
    try {
      const due = db.prepare(
        'select * from webhooks where delivered_at is null and attempts < ? and due_at <= ? order by due_at, rowid limit 20',
      );
      for (const row of due.all(RETRY_MS.length, nowMs(db))) await send(db, options, row);
    } finally {
      busy = false;
    }
  };
  const timer = setInterval(() => void deliver(), POLL_MS);
  return () => clearInterval(timer);
}

async function send(db: DatabaseSync, options: WebhookOptions, row: Record<string, unknown>): Promise<void> {
  const [rowId, body, attempts] = [String(row['id']), String(row['body']), Number(row['attempts'])];
  const [id = rowId] = rowId.split('#');
  const secret = row['forged'] ? `whsec_${Buffer.from('somebody else').toString('base64')}` : options.secret;
  const delivered = (): void => {
    db.prepare('update webhooks set delivered_at = ? where id = ?').run(nowMs(db), rowId);
  };
  try {
    const response = await fetch(String(row['url']), {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...sign(options.dialect, secret, id, body) },
      body,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (!response.ok && !row['forged']) throw new Error(`answered ${response.status}`);
    delivered();
  } catch {
    const later = RETRY_MS[attempts] ?? 0;
    db.prepare('update webhooks set attempts = attempts + 1, due_at = ? where id = ?').run(nowMs(db) + later, rowId);
  }
}

function sign(
  dialect: WebhookOptions['dialect'],
  secret: string,
  id: string,
  body: string,
): Readonly<Record<string, string>> {
  const timestamp = Math.floor(Date.now() / 1_000);
  if (dialect === 'stripe') {
    const signature = createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex');
    return { 'stripe-signature': `t=${timestamp},v1=${signature}` };
  }
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': String(timestamp), 'webhook-signature': `v1,${signature}` };
}
