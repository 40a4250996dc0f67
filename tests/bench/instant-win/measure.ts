import { Redis } from 'ioredis';
import { freePort } from '../../../scripts/stack/run.ts';
import type { Stack } from '../../../scripts/stack/stack.ts';
import { withClient } from '../harness/databases.ts';
import { httpCaller, requireStatus, type HttpCaller } from '../harness/http-caller.ts';
import { figuresOf, runLoad, type LoadFigures } from '../harness/run-load.ts';
import { startPeer } from '../harness/start-peer.ts';
import { takeTurns } from '../harness/take-turns.ts';
import { judge, type Figure, type Measure } from '../measure.ts';
import { prepareAttempts, type ReadyAttempt } from './prepare-attempts.ts';

const CALLERS = 50;
/** So many that the start, when all of them call at once, is little of it. */
const PER_ROUND = { full: 10_000, quick: 300 } as const;
/** Attempts for the latencies, and how long a caller rests after each: without a rest they wait for each other. */
const PACED = { full: 5_000, quick: 300 } as const;
const PAUSE_MS = 100;

export const instantWin: Measure = {
  name: 'instant-win',
  summary:
    'an attempt that is decided and durable over HTTP, against the same stack with one call of Redis, and against bare Koa with it',
  run: async ({ stack, rounds, quick, tell }): Promise<readonly Figure[]> => {
    const size = quick ? 'quick' : 'full';
    const [count, pacedCount] = [PER_ROUND[size], PACED[size]];
    const [port, stackPort] = [await freePort(), await freePort()];
    await stack.startApplications(['giveaway-api']);
    const redis = new Redis(stack.environment['REDIS_URL'] ?? '');
    await redis.set('bench:left', 1_000);
    redis.disconnect();
    await startPeer(stack, {
      name: 'bare-api',
      main: 'tests/bench/instant-win/bare-api.ts',
      settings: { BARE_API_PORT: String(port) },
      ready: () => fetch(`http://127.0.0.1:${port}`),
    });
    await startPeer(stack, {
      name: 'redis-api',
      main: 'tests/bench/instant-win/redis-api.ts',
      settings: { GIVEAWAY_API_PORT: String(stackPort) },
      ready: () => fetch(`http://127.0.0.1:${stackPort}/livez`),
    });
    const { giveawayId, attempts } = await prepareAttempts(stack, count * (rounds + 1) + pacedCount);
    tell(`${count} attempts a round by ${CALLERS} callers, each of another person`);
    const api = httpCaller(stack.applicationUrl('giveaway-api'), CALLERS);
    const bare = httpCaller(`http://127.0.0.1:${port}`, CALLERS);
    const sameStack = httpCaller(`http://127.0.0.1:${stackPort}`, CALLERS);
    const at = (index: number): ReadyAttempt => attempts[index] as ReadyAttempt;
    const tryFrom = async (to: HttpCaller, first: number, options: { count: number; pauseMs?: number }) => {
      // Whoever tries has entered, with the same token.
      const enter = async (number: number): Promise<void> => {
        const { minePath, token } = at(first + number);
        requireStatus(await to.call('GET', minePath, { token }), 200);
      };
      if (to !== bare) await runLoad({ callers: CALLERS, count: options.count, call: enter });
      const call = async (number: number): Promise<void> => {
        const { path, token, body } = at(first + number);
        requireStatus(await to.call('PUT', path, { token, body }), 200);
      };
      return runLoad({ callers: CALLERS, call, ...options });
    };
    const load = (to: HttpCaller, round: number) => tryFrom(to, round * count, { count });
    const turns = await takeTurns(rounds, {
      ours: (round) => load(api, round),
      peer: async (round) => ({ bare: await load(bare, round), sameStack: await load(sameStack, round) }),
    });
    const pace = async (to: HttpCaller): Promise<LoadFigures> =>
      figuresOf([await tryFrom(to, count * (rounds + 1), { count: pacedCount, pauseMs: PAUSE_MS })]);
    const paced = { ours: await pace(api), bare: await pace(bare) };
    for (const caller of [api, bare, sameStack]) caller.close();
    const [ours, peer] = [figuresOf(turns.ours), figuresOf(turns.peer.map((round) => round.bare))];
    const stackPeer = figuresOf(turns.peer.map((round) => round.sameStack));
    return [
      // What a decision that lasts costs: everything else is the same.
      judge({
        name: 'instant-win',
        unit: 'per second',
        figure: ours.callsPerSecond,
        peer: stackPeer.callsPerSecond,
        goal: { of: 'ratio', atLeast: 0.5 },
      }),
      judge({
        name: 'instant-win.of-bare',
        unit: 'per second',
        figure: ours.callsPerSecond,
        peer: peer.callsPerSecond,
      }),
      judge({ name: 'instant-win.p50', unit: 'ms', figure: paced.ours.p50Ms, peer: paced.bare.p50Ms }),
      judge({
        name: 'instant-win.p99',
        unit: `ms, with ${PAUSE_MS} ms between two attempts of a caller`,
        figure: paced.ours.p99Ms,
        peer: paced.bare.p99Ms,
        goal: { of: 'figure', atMost: 15 },
      }),
      judge({ name: 'instant-win.p99-without-pause', unit: 'ms', figure: ours.p99Ms, peer: peer.p99Ms }),
      judge({
        name: 'instant-win.astray',
        unit: 'attempts and units without their row',
        figure: await astray(stack, giveawayId, attempts.length),
        goal: { of: 'figure', atLeast: 0, atMost: 0 },
      }),
    ];
  },
};

/** Attempts that were answered and are not there, and units that were won and awarded otherwise than once. */
async function astray(stack: Stack, giveawayId: string, answered: number): Promise<number> {
  return withClient(stack.environment['DATABASE_URL_GIVEAWAY'] ?? '', async (client) => {
    const { rows } = await client.query<{ made: number; wrong: number }>(ASTRAY, [giveawayId]);
    return Math.abs(answered - (rows[0]?.made ?? Number.NaN)) + (rows[0]?.wrong ?? Number.NaN);
  });
}

const ASTRAY = `
select (select count(*) from giveaway_instant_attempts t where t.giveaway_id = $1)::int as made,
  (select count(*) from giveaway_instant_slots s where s.giveaway_id = $1 and
    (select count(*) from giveaway_awards a where a.prize_id = s.unit_id) <> (s.attempt is not null)::int)::int as wrong`;
