import { randomUUID } from 'node:crypto';
import { setImmediate, setTimeout as delay } from 'node:timers/promises';
import type { Database } from '../../db/connect.ts';
import {
  claimInstantWins,
  countInstantWin,
  repeatedInstantWins,
  type AttemptToWin,
  type InstantWinAnswer,
  type InstantWinAnswers,
} from '../../db/giveaway/claim-instant-win.ts';
import type { AdmissionGate } from '../../runtime/admission-gate.ts';

/** Attempts of one transaction. */
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

export interface InstantWinQueue {
  /** Of an instant win that has opened. Decided in the order of the calls. @returns the attempt, or the code of its refusal. */
  claim(giveawayId: string, attempt: AttemptToWin): Promise<InstantWinAnswer>;
}

/**
 * Attempts that come while others are being decided are decided together, in one transaction: they would queue for the
 * same row one by one. The gate in Redis holds back whoever could not win anyway; only the database says what is left.
 */
export function createInstantWinQueue(db: Database, gate: AdmissionGate): InstantWinQueue {
  const queues = new Map<string, Waiting[]>();
  /** The database has said so, and it stays so. */
  const soldOut = new Set<string>();
  const noteLeft = (giveawayId: string, unitsLeft: number): void => {
    if (unitsLeft > 0) return;
    if (soldOut.size >= MAX_SOLD_OUT) soldOut.clear();
    soldOut.add(giveawayId);
  };

  /** How many of the queue may go on now; all of them where Redis is away. */
  async function admit(giveawayId: string, batchId: string, wanted: number): Promise<number> {
    for (let asked = 0; asked < 3; asked += 1) {
      const admission = await gate.admit(giveawayId, batchId, wanted);
      if (admission === 'away') return wanted;
      if (admission && admission.left > 0) return admission.admitted;
      const counts = await countInstantWin(db, giveawayId);
      // Of what has not opened the claim itself says why.
      if (!counts) return wanted;
      noteLeft(giveawayId, counts.unitsLeft);
      // The gate believes that nothing is left, and is wrong: it will be asked again when it has forgotten that.
      if (counts.unitsLeft === 0 || admission) return wanted;
      await gate.learn(giveawayId, counts.unitsLeft);
    }
    return wanted;
  }

  async function decide(giveawayId: string, batch: readonly Waiting[], batchId: string): Promise<InstantWinAnswers> {
    const attempts = batch.map(({ attempt }) => attempt);
    if (soldOut.has(giveawayId)) return repeatedInstantWins(db, { giveawayId, attempts });
    let left: number | undefined;
    try {
      const answers = await claimInstantWins(db, { giveawayId, attempts });
      noteLeft(giveawayId, answers.unitsLeft);
      left = answers.unitsLeft;
      return answers;
    } finally {
      void gate.done(giveawayId, batchId, batch.length, left);
    }
  }

  async function run(giveawayId: string, queue: Waiting[]): Promise<void> {
    // What comes in the same turn of the loop goes with the first batch.
    await setImmediate();
    while (queue.length > 0) {
      const wanted = Math.min(queue.length, MAX_BATCH);
      const batchId = randomUUID();
      let batch: Waiting[] = [];
      try {
        const admitted = soldOut.has(giveawayId) ? wanted : await admit(giveawayId, batchId, wanted);
        batch = queue.splice(0, admitted);
        if (batch.length > 0) settle(batch, await decide(giveawayId, batch, batchId));
      } catch (error) {
        for (const { reject } of batch.length > 0 ? batch : queue.splice(0)) reject(error);
      }
      const oldest = Date.now() - MAX_WAIT_MS;
      while (queue[0] && queue[0].since < oldest) queue.shift()?.resolve({ code: 'instant_win_busy' });
      if (batch.length === 0 && queue.length > 0) await delay(HELD_BACK_MS);
    }
    queues.delete(giveawayId);
  }

  return {
    claim: (giveawayId, attempt) =>
      new Promise((resolve, reject) => {
        const waiting = { attempt, since: Date.now(), resolve, reject };
        const queue = queues.get(giveawayId);
        if (queue) {
          queue.push(waiting);
          return;
        }
        const started = [waiting];
        queues.set(giveawayId, started);
        void run(giveawayId, started);
      }),
  };
}

function settle(batch: readonly Waiting[], { answers }: InstantWinAnswers): void {
  for (const [index, { resolve }] of batch.entries()) {
    const answer = answers[index];
    resolve(answer ?? { code: 'service_unavailable' });
  }
}
