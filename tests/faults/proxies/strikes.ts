/** Where an effect becomes real: a transaction that commits, or a call that the payment or the airtime provider gets. */
export type Place = 'giveaway' | 'giftcard' | 'provider' | 'airtime';

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
  /** `passing`: it is on its way, and will be held when it has happened. */
  state: 'before' | 'passing' | 'held' | 'struck';
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
    const state = this.#followed.get(operation)?.state;
    return state === 'held' || state === 'struck';
  }

  /** Whether somebody waits to be killed. */
  get holding(): boolean {
    return [...this.#followed.values()].some(({ state }) => state === 'held');
  }

  /** Asked before each effect. @param text everything that was said with it. */
  judge(place: Place, label: string, text: string): Verdict {
    // Calls that come at once may share a transaction.
    const together = this.#allIn(text);
    // Whoever tries again while the first try is held meets the same fate: its process is about to die.
    if (together.some(({ state }) => state === 'held' || state === 'passing')) return 'hold-before';
    const due = together.filter(({ state, target, met }) => state === 'before' && target?.point === met.length + 1);
    const strike = due[0]?.target?.strike;
    // Those who share the fate of another meet this effect again.
    const meeting = strike === undefined ? together : due.filter(({ target }) => target?.strike === strike);
    for (const { met } of meeting) met.push(`${place}: ${label}`);
    if (strike === undefined) return 'pass';
    const verdict = VERDICT_OF[strike];
    for (const operation of meeting) {
      if (verdict === 'hold-after') operation.state = 'passing';
      else this.#struck(operation, verdict === 'hold-before' ? 'held' : 'struck');
    }
    return verdict;
  }

  /** Told when what is held after it has happened: whoever asked for it can be killed now. @param text as it was judged. */
  happened(text: string): void {
    for (const operation of this.#allIn(text)) if (operation.state === 'passing') this.#struck(operation, 'held');
  }

  #struck(operation: Followed, state: 'held' | 'struck'): void {
    operation.state = state;
    for (const wake of this.#waiting.splice(0)) wake();
  }

  /** Told after each effect: what it made, and what is said of it to whoever asked for it, belongs to the same operation. */
  learn(request: string, answer: string): void {
    const [operation, ...others] = this.#namesIn(request);
    if (operation === undefined) return;
    if (others.length === 0) this.#assign(operation, `${request} ${answer}`);
    else for (const part of answersIn(answer)) this.#assign(this.#namesIn(part).values().next().value, part);
  }

  #assign(operation: string | undefined, text: string): void {
    if (operation === undefined) return;
    for (const [, id = ''] of text.matchAll(MADE)) this.#operationOf.set(id, operation);
  }

  /** Whoever was to be killed is dead: from now on everything passes. */
  release(): void {
    for (const operation of this.#followed.values()) if (operation.state !== 'before') operation.state = 'struck';
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

  #allIn(text: string): Followed[] {
    return [...this.#namesIn(text)].flatMap((name) => this.#followed.get(name) ?? []);
  }

  #namesIn(text: string): Set<string> {
    const names = [...text.matchAll(UUID)].map(([id]) => this.#operationOf.get(id));
    return new Set(names.filter((name) => name !== undefined));
  }
}

/** The answers to calls that share a transaction, each for itself. */
function answersIn(text: string): string[] {
  const list = text.slice(text.indexOf('[{'), text.lastIndexOf(']') + 1);
  try {
    return (JSON.parse(list) as unknown[]).map((answer) => JSON.stringify(answer));
  } catch {
    return [];
  }
}
