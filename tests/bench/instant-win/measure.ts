import { Redis } from 'ioredis';
import { freePort } from '../../../scripts/stack/run.ts';
import type { Stack } from '../../../scripts/stack/stack.ts';
import { withClient } from '../harness/databases.ts';
import { httpCaller, requireStatus, type HttpCaller } from '../harness/http-caller.ts';
import { figuresOf, runLoad } from '../harness/run-load.ts';
import { startPeer } from '../harness/start-peer.ts';
import { takeTurns } from '../harness/take-turns.ts';
import { judge, type Figure, type Measure } from '../measure.ts';
import { prepareAttempts, type ReadyAttempt } from './prepare-attempts.ts';

const CALLERS = 50;
const PER_ROUND = { full: 3_000, quick: 300 } as const;

export const instantWin: Measure = {
  name: 'instant-win',
  summary: 'an attempt that is decided and durable over HTTP, against Koa and one call of Redis',
  run: async ({ stack, rounds, quick, tell }): Promise<readonly Figure[]> => {
    const count = quick ? PER_ROUND.quick : PER_ROUND.full;
    const port = await freePort();
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
    const { giveawayId, attempts } = await prepareAttempts(stack, count * (rounds + 1));
    tell(`${count} attempts a round by ${CALLERS} callers, each of another person`);
    const api = httpCaller(stack.applicationUrl('giveaway-api'), CALLERS);
    const bare = httpCaller(`http://127.0.0.1:${port}`, CALLERS);
    const load = (to: HttpCaller, round: number) =>
      runLoad({
        callers: CALLERS,
        count,
        call: async (number) => {
          const { path, token, body } = attempts[round * count + number] as ReadyAttempt;
          requireStatus(await to.call('PUT', path, { token, body }), 200);
        },
      });
    const turns = await takeTurns(rounds, { ours: (round) => load(api, round), peer: (round) => load(bare, round) });
    api.close();
    bare.close();
    const [ours, peer] = [figuresOf(turns.ours), figuresOf(turns.peer)];
    return [
      judge({
        name: 'instant-win',
        unit: 'per second',
        figure: ours.callsPerSecond,
        peer: peer.callsPerSecond,
        goal: { of: 'ratio', atLeast: 0.5 },
      }),
      judge({ name: 'instant-win.p50', unit: 'ms', figure: ours.p50Ms, peer: peer.p50Ms }),
      judge({
        name: 'instant-win.p99',
        unit: 'ms',
        figure: ours.p99Ms,
        peer: peer.p99Ms,
        goal: { of: 'figure', atMost: 15 },
      }),
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
