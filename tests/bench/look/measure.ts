import { randomUUID } from 'node:crypto';
import { loadConfig } from '../../../runtime/config.ts';
import { createSecretBox } from '../../../runtime/secret-box.ts';
import { freePort } from '../../../scripts/stack/run.ts';
import { openBenchGiveaway } from '../entries/open-giveaway.ts';
import { withDatabase } from '../harness/databases.ts';
import { httpCaller, requireStatus, type HttpCaller } from '../harness/http-caller.ts';
import { judgeLoad } from '../harness/judge-load.ts';
import { runLoad, type Load } from '../harness/run-load.ts';
import { startPeer } from '../harness/start-peer.ts';
import { takeTurns } from '../harness/take-turns.ts';
import type { Figure, Measure } from '../measure.ts';

/** As after a reveal: everybody who watches asks at the same time. */
const CALLERS = 100;
const LOOKS_PER_ROUND = { full: 10_000, quick: 500 } as const;
const WARM_UPS = { full: 2, quick: 1 } as const;
/** More than are shown. */
const UNITS = 300;

export const look: Measure = {
  name: 'look',
  summary: 'a crowd that looks at one giveaway over HTTP, against the same stack that has the text by heart',
  run: async ({ stack, rounds, quick, tell }): Promise<readonly Figure[]> => {
    const size = quick ? 'quick' : 'full';
    const [count, warmUps] = [LOOKS_PER_ROUND[size], WARM_UPS[size]];
    await stack.startApplications(['giveaway-api']);
    const group = { id: randomUUID(), name: 'Card' };
    const prizes = Array.from({ length: UNITS }, () => ({
      ...{ id: randomUUID(), cardId: randomUUID(), merchantId: randomUUID(), catalogueItemId: randomUUID() },
      ...{ faceMinor: 10_000n, group },
    }));
    const giveawayId = await withDatabase(stack.environment['DATABASE_URL_GIVEAWAY'] ?? '', 1, (db) =>
      openBenchGiveaway(db, createSecretBox(loadConfig(['draws'], stack.environment).DRAW_SECRET_KEYS), { prizes }),
    );
    const path = `/v1/giveaways/${giveawayId}`;
    const port = await freePort();
    const memoryUrl = `http://127.0.0.1:${port}`;
    await startPeer(stack, {
      name: 'memory-api',
      main: 'tests/bench/look/memory-api.ts',
      settings: { GIVEAWAY_API_PORT: String(port), LOOK_AT: `${stack.applicationUrl('giveaway-api')}${path}` },
      ready: () => fetch(`${memoryUrl}/livez`),
    });
    tell(`${count} looks a round by ${CALLERS} callers`);
    const ours = httpCaller(stack.applicationUrl('giveaway-api'), CALLERS);
    const memory = httpCaller(memoryUrl, CALLERS);
    const lookAt = (api: HttpCaller): Promise<Load> =>
      runLoad({ callers: CALLERS, count, call: async () => requireStatus(await api.call('GET', path, {}), 200) });
    const turns = await takeTurns(rounds, { ours: () => lookAt(ours), peer: () => lookAt(memory) }, warmUps);
    ours.close();
    memory.close();
    return judgeLoad({ name: 'look', ...turns, atLeast: 0.5 });
  },
};
