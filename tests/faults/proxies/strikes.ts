/** Where an effect becomes real: a transaction that commits, or a call that the payment provider gets. */
export type Place = 'giveaway' | 'giftcard' | 'provider';

/** What happens to an effect. */
export type Strike =
  /** It is held back, and whoever asked for it is killed. */
  | 'kill-before'
  /** It has happened, and whoever asked for it is killed before the answer. */
  | 'kill-after'
  /** The connection breaks before it. */
  | 'lose-request'
  /** It has happened, and the connection breaks before the answer. */
  | 'lose-answer'
  /** It is held back until it is let go, long after everybody has stopped to wait for it. */
  | 'come-late';

/** Those of which an operation recovers by itself. */
export const STRIKES: readonly Strike[] = ['kill-before', 'kill-after', 'lose-request', 'lose-answer'];

export type Verdict = 'pass' | 'hold-before' | 'hold-after' | 'cut-before' | 'cut-after' | 'come-late';

const VERDICT_OF: Readonly<Record<Strike, Verdict>> = {
  'kill-before': 'hold-before',
  'kill-after': 'hold-after',
  'lose-request': 'cut-before',
  'lose-answer': 'cut-after',
  'come-late': 'come-late',
};

export interface Target {
  /** From 1 on, in the order in which the operation meets them. */
  readonly point: number;
  readonly strike: Strike;
}

interface Followed {
  readonly target: Target | undefined;
  /** What was met so far. */
  readonly met: string[];
  state: 'before' | 'held' | 'struck';
}

const UUID = /[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}/g;
/** Ids that an operation makes on its way, by which others of its effects are known. */
const MADE = /"(?:intentId|settlementId|releaseId|reservationId|refundId|withdrawalId|fundingId)": ?"([0-9a-f-]{36})"/g;

/**
 * Follows operations through all proxies by the ids in what passes, counts the effects of each, and says which of them
 * is struck. The same operation meets the same effects in the same order, so that a point can be named by its number.
 */
export class Strikes {
  readonly #followed = new Map<string, Followed>();
  readonly #operationOf = new Map<string, string>();
  #waiting: (() => void)[] = [];
  #late: (() => void)[] = [];

  /** @param ids by which its effects are recognised from the beginning. */
  follow(operation: string, ids: readonly string[], target?: Target): void {
    this.#followed.set(operation, { target, met: [], state: 'before' });
    for (const id of ids) this.#operationOf.set(id, operation);
  }

  /** What an operation has met, in order. */
  met(operation: string): readonly string[] {
    return this.#followed.get(operation)?.met ?? [];
  }

  /** Whether its effect was struck, or is held. */
  wasStruck(operation: string): boolean {
    return (this.#followed.get(operation)?.state ?? 'before') !== 'before';
  }

  /** Whether somebody waits to be killed. */
  get holding(): boolean {
    return [...this.#followed.values()].some(({ state }) => state === 'held');
  }

  /** Asked before each effect. @param text everything that was said with it. */
  judge(place: Place, label: string, text: string): Verdict {
    const operation = this.#find(text);
    if (!operation) return 'pass';
    // Whoever tries again while the first try is held meets the same fate: its process is about to die.
    if (operation.state === 'held') return 'hold-before';
    operation.met.push(`${place}: ${label}`);
    if (operation.state === 'struck' || operation.target?.point !== operation.met.length) return 'pass';
    const verdict = VERDICT_OF[operation.target.strike];
    operation.state = verdict.startsWith('hold') ? 'held' : 'struck';
    for (const wake of this.#waiting.splice(0)) wake();
    return verdict;
  }

  /** Asked after each effect: what it made belongs to the same operation. */
  learn(request: string, answer: string): void {
    const operation = this.#nameIn(request);
    if (operation === undefined) return;
    for (const [, id = ''] of answer.matchAll(MADE)) this.#operationOf.set(id, operation);
  }

  /** Whoever was to be killed is dead: from now on everything passes. */
  release(): void {
    for (const operation of this.#followed.values()) if (operation.state === 'held') operation.state = 'struck';
  }

  /** Keeps what comes late. */
  delay(send: () => void): void {
    this.#late.push(send);
  }

  /** What was to come late comes now. */
  letGo(): void {
    for (const send of this.#late.splice(0)) send();
  }

  forget(): void {
    this.#followed.clear();
    this.#operationOf.clear();
  }

  /** Until one more is struck. */
  async next(timeoutMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      this.#waiting.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  #find(text: string): Followed | undefined {
    const name = this.#nameIn(text);
    return name === undefined ? undefined : this.#followed.get(name);
  }

  #nameIn(text: string): string | undefined {
    for (const [id] of text.matchAll(UUID)) {
      const operation = this.#operationOf.get(id);
      if (operation !== undefined) return operation;
    }
    return undefined;
  }
}
