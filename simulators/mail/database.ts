import { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';

/** Everything the relay has accepted, on disk before it says so. */
export function openDatabase(file: string): DatabaseSync {
  const db = new DatabaseSync(file);
  db.exec(`
    pragma journal_mode = wal;
    pragma synchronous = normal;
    create table if not exists messages (
      id integer primary key, recipient text not null, sender text not null, message_id text not null, subject text not null,
      body text not null, at text not null);
    create index if not exists messages_recipient on messages (recipient, id);
    create table if not exists faults (id integer primary key, rule text not null, remaining integer not null);
  `);
  return db;
}

export const faultSchema = z.object({
  /** Whole, or the end of it, e.g. `@full.example`; all if absent. */
  recipient: z.string().default(''),
  /** `refuse` for good; `later` for now; `drop` takes the mail and says nothing; `hang` says nothing at all. */
  kind: z.enum(['refuse', 'later', 'drop', 'hang']),
  /** How often it strikes. */
  times: z.number().int().min(1).default(1),
});
export type Fault = z.output<typeof faultSchema>;

export function addFault(db: DatabaseSync, fault: Fault): void {
  db.prepare('insert into faults (rule, remaining) values (?, ?)').run(JSON.stringify(fault), fault.times);
}

/** The first fault for this recipient, used up by one. */
export function takeFault(db: DatabaseSync, recipient: string): Fault['kind'] | undefined {
  for (const row of db.prepare('select id, rule from faults where remaining > 0 order by id').all()) {
    const fault = JSON.parse(String(row['rule'])) as Fault;
    if (!recipient.endsWith(fault.recipient.toLowerCase())) continue;
    db.prepare('update faults set remaining = remaining - 1 where id = ?').run(row['id'] ?? 0);
    return fault.kind;
  }
  return undefined;
}

export interface Message {
  readonly recipient: string;
  readonly sender: string;
  readonly messageId: string;
  readonly subject: string;
  readonly body: string;
}

export function keepMessage(db: DatabaseSync, { recipient, sender, messageId, subject, body }: Message): void {
  db.prepare('insert into messages (recipient, sender, message_id, subject, body, at) values (?, ?, ?, ?, ?, ?)').run(
    recipient,
    sender,
    messageId,
    subject,
    body,
    new Date().toISOString(),
  );
}

/** To one recipient, or all; the oldest first. */
export const messagesTo = (db: DatabaseSync, recipient?: string) =>
  db
    .prepare(
      `select recipient, sender, message_id as messageId, subject, body, at from messages
       where recipient = coalesce(?, recipient) order by id`,
    )
    .all(recipient?.toLowerCase() ?? null);

export const countMessages = (db: DatabaseSync): number =>
  Number(db.prepare('select count(*) as count from messages').get()?.['count'] ?? 0);
