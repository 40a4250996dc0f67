import { runAudit } from '../../../scripts/audit/main.ts';
import { delay } from '../../../scripts/stack/run.ts';
import type { Stack } from '../../../scripts/stack/stack.ts';

const PAUSE_MS = 1_000;
/**
 * What we hear from the provider later than it happens: a line of the audit counts what is late as well, so while messages
 * are withheld these say nothing. When all is at rest they must hold, and the books are held against the provider exactly.
 */
const HEARD_LATER = /provider’s (balance|truth)/;

/** What the audit finds broken, as sentences. */
export async function auditHolds(stack: Stack): Promise<string[]> {
  const lines = await runAudit(stack.environment);
  return lines
    .filter(({ broken }) => broken > 0)
    .map(({ invariant, book, broken }) => `broken: ${invariant} (${book}): ${broken}`);
}

/** Runs the audit again and again while things break. */
export class AuditWatch {
  readonly #found = new Set<string>();
  #stopped = false;
  #runs = 0;
  readonly #watching: Promise<void>;

  constructor(stack: Stack) {
    this.#watching = this.#watch(stack);
  }

  async #watch(stack: Stack): Promise<void> {
    while (!this.#stopped) {
      try {
        const broken = await auditHolds(stack);
        for (const line of broken) if (!HEARD_LATER.test(line)) this.#found.add(`while it ran: ${line}`);
        this.#runs += 1;
      } catch {
        // What it reads is down: that is the scenario's doing.
      }
      await delay(PAUSE_MS);
    }
  }

  /** @returns what was ever broken, and how often was looked. */
  async stop(): Promise<{ readonly found: readonly string[]; readonly runs: number }> {
    this.#stopped = true;
    await this.#watching;
    return { found: [...this.#found], runs: this.#runs };
  }
}
