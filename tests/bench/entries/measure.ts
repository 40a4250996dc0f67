import { randomUUID } from 'node:crypto';
import { loadConfig } from '../../../runtime/config.ts';
import { createSecretBox } from '../../../runtime/secret-box.ts';
import { freePort } from '../../../scripts/stack/run.ts';
import { withDatabase } from '../harness/databases.ts';
import { httpCaller, requireStatus, type HttpCaller } from '../harness/http-caller.ts';
import { tokenIssuer } from '../harness/issue-tokens.ts';
import { peakMebibytes } from '../harness/process-memory.ts';
import { judgeLoad } from '../harness/judge-load.ts';
import { runLoad, type Load } from '../harness/run-load.ts';
import { startPeer } from '../harness/start-peer.ts';
import { takeTurns } from '../harness/take-turns.ts';
import { judge, type Figure, type Measure } from '../measure.ts';
import { openBenchGiveaway } from './open-giveaway.ts';

/** Enough to keep both sides busy: with fewer, ours waits for its callers. */
const CALLERS = 100;
const ENTRIES_PER_ROUND = { full: 5_000, quick: 200 } as const;
/** Until what is hot is compiled, and the heap has its size. */
const WARM_UPS = { full: 3, quick: 1 } as const;
/** A process that kept what it answered would grow by much more over the rounds. */
const FLAT = 1.25;

interface Round extends Load {
  readonly peakMebibytes: number;
}

export const entries: Measure = {
  name: 'entries',
  summary: 'durable entry over HTTP, against the same stack answering from memory',
  run: async ({ stack, rounds, quick, tell }): Promise<readonly Figure[]> => {
    const size = quick ? 'quick' : 'full';
    const [count, warmUps] = [ENTRIES_PER_ROUND[size], WARM_UPS[size]];
    const port = await freePort();
    const memoryUrl = `http://127.0.0.1:${port}`;
    await stack.startApplications(['giveaway-api']);
    await startPeer(stack, {
      name: 'memory-api',
      main: 'tests/bench/entries/memory-api.ts',
      settings: { GIVEAWAY_API_PORT: String(port) },
      ready: () => fetch(`${memoryUrl}/livez`),
    });
    const giveawayId = await withDatabase(stack.environment['DATABASE_URL_GIVEAWAY'] ?? '', 1, (db) =>
      openBenchGiveaway(db, createSecretBox(loadConfig(['draws'], stack.environment).DRAW_SECRET_KEYS)),
    );
    const issue = await tokenIssuer(stack);
    const tokens: string[][] = [];
    for (let round = 0; round < warmUps + rounds; round += 1) {
      tokens.push(await Promise.all(Array.from({ length: count }, () => issue(randomUUID(), 'participant'))));
    }
    tell(`${count} entries a round by ${CALLERS} callers, each of another participant`);
    const ours = httpCaller(stack.applicationUrl('giveaway-api'), CALLERS);
    const memory = httpCaller(memoryUrl, CALLERS);
    const enter = async (process: string, api: HttpCaller, round: number): Promise<Round> => {
      const load = (): Promise<Load> =>
        runLoad({
          callers: CALLERS,
          count,
          call: async (number) => {
            const token = tokens[round]?.[number] ?? '';
            requireStatus(await api.call('POST', `/v1/giveaways/${giveawayId}/entries`, { token }), 201);
          },
        });
      const { value, peakMebibytes: peak } = await peakMebibytes(stack, process, load);
      return { ...value, peakMebibytes: peak };
    };
    const turns = await takeTurns(
      rounds,
      {
        ours: (round) => enter('giveaway-api', ours, round),
        peer: (round) => enter('memory-api', memory, round),
      },
      warmUps,
    );
    ours.close();
    memory.close();
    return figures(turns.ours, turns.peer);
  },
};

function figures(ours: readonly Round[], peer: readonly Round[]): Figure[] {
  return [
    ...judgeLoad({ name: 'entries', ours, peer, atLeast: 0.6 }),
    judge({
      name: 'entries.memory',
      unit: 'MiB in the last round, of the first',
      figure: ours.at(-1)?.peakMebibytes ?? Number.NaN,
      peer: ours[0]?.peakMebibytes ?? Number.NaN,
      goal: { of: 'ratio', atMost: FLAT },
    }),
  ];
}
