import type { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';

export const actionSchema = z.object({
  account: z
    .string()
    .min(1)
    .transform((account) => account.replace(/^@/, '').toLowerCase()),
  action: z.enum(['follow', 'share', 'comment', 'membership']),
  target: z.string().min(1),
});
export type Action = z.output<typeof actionSchema>;

/** Somebody follows, shares, comments or joins. */
export function doAction(db: DatabaseSync, { account, action, target }: Action): void {
  db.prepare('insert into actions (account, action, target, at) values (?, ?, ?, ?) on conflict do nothing').run(
    account,
    action,
    target,
    new Date().toISOString(),
  );
}

export function undoAction(db: DatabaseSync, { account, action, target }: Action): void {
  db.prepare('delete from actions where account = ? and action = ? and target = ?').run(account, action, target);
}

/** When it was done; undefined when it was not. */
export function doneAt(db: DatabaseSync, { account, action, target }: Action): string | undefined {
  const row = db
    .prepare('select at from actions where account = ? and action = ? and target = ?')
    .get(account, action, target);
  return row ? String(row['at']) : undefined;
}

export function noteAsked(db: DatabaseSync, { account, action, target }: Action, answer: string): void {
  db.prepare('insert into asked (account, action, target, answer, at) values (?, ?, ?, ?, ?)').run(
    account,
    action,
    target,
    answer,
    new Date().toISOString(),
  );
}

export const truth = (db: DatabaseSync) => ({
  actions: db.prepare('select account, action, target, at from actions order by at, account').all(),
  asked: db.prepare('select account, action, target, answer, at from asked order by id').all(),
});
