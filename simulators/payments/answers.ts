import { createHash } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { nowMs } from './clock.ts';
import { readSettings } from './settings.ts';

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

interface Keyed {
  readonly key: string;
  /** What was asked: another one under the same key is a mistake of the caller. */
  readonly asked: unknown;
  readonly mismatch: Answer;
}

/**
 * The first answer under a key, a refusal included, is given again until the key is forgotten; afterwards the same call
 * is a new one. Runs inside the caller's transaction.
 */
export function answerOnce(db: DatabaseSync, { key, asked, mismatch }: Keyed, work: () => Answer): Answer {
  const now = nowMs(db);
  const hash = createHash('sha256').update(JSON.stringify(asked)).digest('hex');
  const stored = db.prepare('select body_hash, status, answer, stored_at from answers where key = ?').get(key);
  if (stored && now - Number(stored['stored_at']) < readSettings(db).keyWindowMs) {
    if (stored['body_hash'] !== hash) return mismatch;
    return { status: Number(stored['status']), body: JSON.parse(String(stored['answer'])) as unknown };
  }
  const answer = work();
  db.prepare('insert or replace into answers (key, body_hash, status, answer, stored_at) values (?, ?, ?, ?, ?)').run(
    key,
    hash,
    answer.status,
    JSON.stringify(answer.body),
    now,
  );
  return answer;
}
