import { delay } from '../../scripts/stack/run.ts';
import type { Answer } from '../../scripts/stack/http-client.ts';

/** How long a client, and a scenario, waits for what has been struck to be right again. */
let patienceMs = 120_000;

/** Longer on a slow machine; shorter where something is expected not to come right. */
export const waitAtMost = (ms: number): void => {
  patienceMs = ms;
};

const AGAIN_MS = 400;

/** Answers that say: send the same again. 500 does not: whatever fails around a service, it knows what that was. */
const AGAIN = new Set([202, 429, 503]);
const IN_FLIGHT = 'idempotency_in_flight';

/**
 * As a careful client: no answer, and every answer that is not final, means the same request under the same key again.
 * @throws when it is refused, or there is no final answer in time.
 */
export async function insist(what: string, call: () => Promise<Answer>, wanted: readonly number[]): Promise<Answer> {
  const deadline = Date.now() + patienceMs;
  let last = 'nothing';
  while (Date.now() < deadline) {
    const answer = await call().catch((error: unknown) => String(error));
    if (typeof answer === 'string') last = answer;
    else if (wanted.includes(answer.status)) return answer;
    else {
      last = `${answer.status} ${JSON.stringify(answer.body)}`;
      if (!AGAIN.has(answer.status) && answer.body?.code !== IN_FLIGHT)
        throw new Error(`${what} was answered with ${last}`);
    }
    await delay(AGAIN_MS);
  }
  throw new Error(`${what} got no final answer within ${patienceMs / 1_000} s; the last was ${last}`);
}

/** Asks again until it says something. @throws when it does not in time. */
export async function untilSaid<T>(what: string, ask: () => Promise<T | undefined>, atMostMs = patienceMs): Promise<T> {
  const deadline = Date.now() + atMostMs;
  let trouble = '';
  while (Date.now() < deadline) {
    try {
      const said = await ask();
      if (said !== undefined) return said;
    } catch (error) {
      trouble = ` (${String(error)})`;
    }
    await delay(AGAIN_MS / 2);
  }
  throw new Error(`Waited ${atMostMs / 1_000} s for ${what}${trouble}`);
}
