import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Database } from '../../db/connect.ts';
import {
  claimInstantWins,
  countInstantWin,
  repeatedInstantWins,
  type AttemptToWin,
  type InstantWinAnswer,
} from '../../db/giveaway/claim-instant-win.ts';
import type { AdmissionGate } from '../../runtime/admission-gate.ts';

/** Attempts of one transaction, and at most as many that the gate has let in and that wait for it. */
const MAX_BATCH = 100;
/** An attempt that the gate holds back for so long is told to come again. */
const MAX_WAIT_MS = 1_500;
const HELD_BACK_MS = 10;
const MAX_SOLD_OUT = 10_000;

interface Waiting {
  readonly attempt: AttemptToWin;
  readonly since: number;
  readonly resolve: (answer: InstantWinAnswer) => void;
  readonly reject: (error: unknown) => void;
}

/** Attempts that the gate has let in together; it is told when all of them are through. */
interface Admitted {
  readonly id: string;
  readonly size: number;
  undecided: number;
}

export interface InstantWinQueue {
  /** Of an instant win that has opened. Decided in the order of the calls. @returns the attempt, or the code of its refusal. */
  claim(giveawayId: string, attempt: AttemptToWin): Promise<InstantWinAnswer>;
}

/**
 * Attempts that come while others are being decided are decided together, in one transaction: they would queue for the
 * same row one by one. The gate in Redis is asked for them meanwhile, and holds back whoever could not win anyway; only
 * the database says what is left.
 */
export function createInstantWinQueue(db: Database, gate: AdmissionGate): InstantWinQueue {
  const lines = new Map<string, Line>();
  const soldOut = new Set<string>();
  return {
    claim: (giveawayId, attempt) =>
      new Promise((resolve, reject) => {
        const line = lines.get(giveawayId) ?? new Line({ db, gate, lines, soldOut }, giveawayId);
        lines.set(giveawayId, line);
        line.add({ attempt, since: Date.now(), resolve, reject });
      }),
  };
}

interface Queue {
  readonly db: Database;
  readonly gate: AdmissionGate;
  readonly lines: Map<string, Line>;
  /** The database has said so, and it stays so. */
  readonly soldOut: Set<string>;
}

/** The attempts of one giveaway, in the order of the calls. */
class Line {
  readonly #queue: Queue;
  readonly #giveawayId: string;
  /** In front of the gate. */
  readonly #waiting: Waiting[] = [];
  /** Behind it. */
  readonly #ready: { readonly item: Waiting; readonly admitted: Admitted }[] = [];
  #scheduled = false;
  #admitting = false;
  #deciding = false;

  constructor(queue: Queue, giveawayId: string) {
    this.#queue = queue;
    this.#giveawayId = giveawayId;
  }

  add(item: Waiting): void {
    this.#waiting.push(item);
    if (this.#scheduled) return;
    this.#scheduled = true;
    // What comes in the same turn of the loop is asked for together.
    setImmediate(() => {
      this.#scheduled = false;
      this.#pump();
    });
  }

  #pump(): void {
    if (!this.#deciding && this.#ready.length > 0) void this.#decide();
    if (!this.#admitting && this.#waiting.length > 0 && this.#ready.length < MAX_BATCH) void this.#admit();
    const idle = !this.#deciding && !this.#admitting && !this.#scheduled;
    if (idle) this.#queue.lines.delete(this.#giveawayId);
  }

  async #admit(): Promise<void> {
    this.#admitting = true;
    let heldBack = false;
    try {
      const wanted = Math.min(this.#waiting.length, MAX_BATCH - this.#ready.length);
      const id = randomUUID();
      const size = this.#isSoldOut() ? wanted : await this.#askGate(id, wanted);
      const admitted = { id, size, undecided: size };
      for (const item of this.#waiting.splice(0, size)) this.#ready.push({ item, admitted });
      heldBack = !this.#sendAway() && size === 0;
    } catch (error) {
      for (const { reject } of this.#waiting.splice(0)) reject(error);
    }
    if (heldBack) await delay(HELD_BACK_MS);
    this.#admitting = false;
    this.#pump();
  }

  /** How many of those who wait may go on now; all of them where Redis is away. */
  async #askGate(id: string, wanted: number): Promise<number> {
    const { db, gate } = this.#queue;
    for (let asked = 0; asked < 3; asked += 1) {
      const admission = await gate.admit(this.#giveawayId, id, wanted);
      if (admission === 'away') return wanted;
      if (admission && admission.left > 0) return admission.admitted;
      const counts = await countInstantWin(db, this.#giveawayId);
      // Of what has not opened the claim itself says why.
      if (!counts) return wanted;
      this.#noteLeft(counts.unitsLeft);
      // The gate believes that nothing is left, and is wrong: it will be asked again when it has forgotten that.
      if (counts.unitsLeft === 0 || admission) return wanted;
      await gate.learn(this.#giveawayId, counts.unitsLeft);
    }
    return wanted;
  }

  /** Tells those who wait for too long to come again. @returns whether nobody is left. */
  #sendAway(): boolean {
    const oldest = Date.now() - MAX_WAIT_MS;
    while (this.#waiting[0] && this.#waiting[0].since < oldest)
      this.#waiting.shift()?.resolve({ code: 'instant_win_busy' });
    return this.#waiting.length === 0;
  }

  async #decide(): Promise<void> {
    this.#deciding = true;
    const batch = this.#ready.splice(0, MAX_BATCH);
    let left: number | undefined;
    try {
      const attempts = batch.map(({ item }) => item.attempt);
      const claim = this.#isSoldOut() ? repeatedInstantWins : claimInstantWins;
      const { unitsLeft, answers } = await claim(this.#queue.db, { giveawayId: this.#giveawayId, attempts });
      left = unitsLeft;
      this.#noteLeft(unitsLeft);
      for (const [index, { item }] of batch.entries()) item.resolve(answers[index] ?? { code: 'service_unavailable' });
    } catch (error) {
      for (const { item } of batch) item.reject(error);
    }
    this.#deciding = false;
    this.#pump();
    for (const { admitted } of batch) {
      admitted.undecided -= 1;
      if (admitted.undecided === 0) void this.#queue.gate.done(this.#giveawayId, admitted.id, admitted.size, left);
    }
  }

  #isSoldOut(): boolean {
    return this.#queue.soldOut.has(this.#giveawayId);
  }

  #noteLeft(unitsLeft: number): void {
    if (unitsLeft > 0) return;
    if (this.#queue.soldOut.size >= MAX_SOLD_OUT) this.#queue.soldOut.clear();
    this.#queue.soldOut.add(this.#giveawayId);
  }
}
