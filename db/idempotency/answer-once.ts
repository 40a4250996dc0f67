import type { Command } from '../call-command.ts';
import type { Database } from '../connect.ts';
import { runCommand } from '../ledger/call-together.ts';
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

/** What stands under a key, as the database says it. */
export interface Standing {
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
export async function answerOnce(db: Database, key: AnswerOnce, command: Command): Promise<OnceAnswered> {
  const { name, input, ...locks } = command;
  const asked = { ...key, requestHash: Buffer.from(key.requestHash).toString('hex') };
  const once = { name: 'answer_once', input: { key: asked, command: name, input }, ...locks };
  const run = () => runCommand<Standing>(db, once);
  const standing = await run().catch((error: unknown) => {
    if ((error as { code?: unknown }).code === ANSWERED_MEANWHILE) return run();
    throw error;
  });
  return onceAnswered(standing);
}

/** Raised by `keep_answer`: what was carried out is undone, and the answer of the other attempt is there to be read. */
const ANSWERED_MEANWHILE = 'HS003';

/** What stands under a key, for whoever asked. */
export function onceAnswered({
  same,
  status,
  headers,
  response,
  ofCommand,
  ageMs = 0,
  fresh = false,
}: Standing): OnceAnswered {
  if (!same) return { kind: 'reused' };
  if (status === null) return { kind: 'in_flight', ageMs };
  return { kind: 'answered', answer: { status, headers, response, ofCommand }, fresh };
}
