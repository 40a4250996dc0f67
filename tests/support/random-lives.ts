import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import type { Database } from '../../db/connect.ts';
import { secondDecision, type SecondDecision } from '../../db/platform/second-decision.ts';
import { DomainError, type ErrorCode } from '../../domain/errors.ts';
import { cause } from './cards.ts';

/** Actions that come as often as each other, and together with that weight. */
export const either = <K extends string>(
  weight: number,
  kinds: readonly [K, ...K[]],
  part: fc.Arbitrary<number> = fc.constant(0),
) => ({ weight, arbitrary: fc.record({ kind: fc.constantFrom(...kinds), part }) });

/** Two people decide the same. */
export async function twoPeople(db: Database, subject: Omit<SecondDecision, 'decisionId' | 'reason'>): Promise<void> {
  for (const actor of ['user:one', 'user:two'])
    await secondDecision(db, { decisionId: randomUUID(), ...subject, reason: 'test' }, { ...cause, actor });
}

/** On a busy machine there are fewer lives, not longer ones. */
const LONGEST_MS = 120_000;

/**
 * So many lives from one seed; it is printed with the counterexample. HANDSEL_TEST_SEED repeats a failure, HANDSEL_TEST_RUNS
 * lives longer, and without an end in time. Where commands meet, who is faster is the machine's choice.
 */
export function randomLives(chosen: { readonly seed: number; readonly runs: number }) {
  const { HANDSEL_TEST_SEED: seed = chosen.seed, HANDSEL_TEST_RUNS: runs } = process.env;
  const limit = runs === undefined ? { interruptAfterTimeLimit: LONGEST_MS } : {};
  return {
    seed: Number(seed),
    timeoutMs: runs === undefined ? 5 * LONGEST_MS : 0,
    live: async <T>(lives: fc.Arbitrary<T>, live: (one: T) => Promise<void>): Promise<void> => {
      let lived = 0;
      const property = fc.asyncProperty(lives, async (one) => {
        await live(one);
        lived += 1;
      });
      const numRuns = Number(runs ?? chosen.runs);
      await fc.assert(property, { seed: Number(seed), numRuns, endOnFailure: true, ...limit });
      if (lived === 0) throw new Error(`No life came to its end in ${LONGEST_MS / 1_000} s`);
    },
  };
}

/**
 * Commands that are under way at the same moment.
 * @throws what is no refusal: a deadlock, a broken rule of the tables; and refusals that would be a fault of ours.
 */
export async function refusedByName(
  commands: readonly Promise<unknown>[],
  isFault: (code: ErrorCode) => boolean = () => false,
): Promise<void> {
  for (const result of await Promise.allSettled(commands)) {
    if (result.status === 'fulfilled') continue;
    const error: unknown = result.reason;
    if (!(error instanceof DomainError) || isFault(error.code)) throw error;
  }
}
