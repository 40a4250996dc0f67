import { inputJson, type Command } from '../call-command.ts';
import type { Database } from '../connect.ts';
import { asDomainError } from '../errors.ts';
import { runPrepared } from '../prepared.ts';
import type { KeyClaim, KeyRef, StoredAnswer } from './claim-key.ts';

export interface AnswerOnce extends KeyRef {
  readonly requestHash: Uint8Array;
  readonly resourceId: string;
  /** An attempt that is older has been given up by whoever made it. */
  readonly budgetMs: number;
  /** Of the reply that the command's answer is. */
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
}

/** What stands under the key; `fresh` where this call has carried the command out. */
export type OnceAnswered =
  | { readonly kind: 'answered'; readonly answer: StoredAnswer; readonly fresh: boolean }
  | Exclude<KeyClaim, { kind: 'answered' | 'claimed' }>;

interface Standing {
  readonly same: boolean;
  readonly status: number | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly response: unknown;
  readonly ofCommand: boolean;
  readonly ageMs?: number;
  readonly fresh?: boolean;
}

/**
 * Carries a command out once per key and keeps its answer, in one round trip and one transaction: the effect and the
 * answer are there together or not at all.
 * @throws DomainError what the command refuses, and idempotency_key_reused; then nothing was changed or kept.
 */
export async function answerOnce(db: Database, key: AnswerOnce, { name, input }: Command): Promise<OnceAnswered> {
  const statement = {
    name: `answer_once_${name}`,
    text: `select coalesce(standing_answer($1::jsonb), keep_answer($1::jsonb, ${name}($2::jsonb))) as standing`,
  };
  const asked = { ...key, requestHash: Buffer.from(key.requestHash).toString('hex') };
  const values = [JSON.stringify(asked), inputJson(input)];
  let rows: readonly { standing: Standing }[];
  try {
    rows = await runPrepared<{ standing: Standing }>(db, statement, values);
  } catch (error) {
    throw asDomainError(error);
  }
  const [{ standing }] = rows as [{ standing: Standing }];
  if (!standing.same) return { kind: 'reused' };
  const { status, headers, response, ofCommand, fresh = false } = standing;
  if (status === null) return { kind: 'in_flight', ageMs: standing.ageMs ?? 0 };
  return { kind: 'answered', answer: { status, headers, response, ofCommand }, fresh };
}
