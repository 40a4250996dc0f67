import { randomBytes, randomUUID } from 'node:crypto';
import { enterGiveaway } from '../../../db/giveaway/enter-giveaway.ts';
import { loadConfig } from '../../../runtime/config.ts';
import { createSecretBox } from '../../../runtime/secret-box.ts';
import { cause } from '../../support/cards.ts';
import { newEntry } from '../../support/giveaways.ts';
import { openBenchGiveaway } from '../entries/open-giveaway.ts';
import { withDatabase } from '../harness/databases.ts';
import { httpCaller, requireStatus } from '../harness/http-caller.ts';
import { tokenIssuer } from '../harness/issue-tokens.ts';
import { peaksMebibytes } from '../harness/process-memory.ts';
import { runLoad } from '../harness/run-load.ts';
import { judge, type Bench, type Figure, type Measure } from '../measure.ts';

const SIZES = { full: { total: 1_000_000, overHttp: 50_000 }, quick: { total: 2_000, overHttp: 200 } } as const;
const HTTP_CALLERS = 20;
const COMMAND_CALLERS = 200;
const POOL_MAX = 4;
/** What comes in is watched in as many parts: memory that grows with it shows in the last one. */
const PARTS = 5;
const FLAT = 1.25;
/** `run` is the process that calls the command. */
const PROCESSES = ['giveaway-api', 'worker', 'run'] as const;

export const entriesMillion: Measure = {
  name: 'entries-million',
  summary: 'one giveaway takes a million entries: fifty thousand over HTTP, the others by the same command',
  run: async (bench): Promise<readonly Figure[]> => {
    const { stack, quick, tell } = bench;
    const { total, overHttp } = quick ? SIZES.quick : SIZES.full;
    // The worker has the relay, which every entry's event passes.
    await stack.startApplications(['giveaway-api', 'worker']);
    const issue = await tokenIssuer(stack);
    const api = httpCaller(stack.applicationUrl('giveaway-api'), HTTP_CALLERS);
    return withDatabase(stack.environment['DATABASE_URL_GIVEAWAY'] ?? '', POOL_MAX, async (db) => {
      const secrets = createSecretBox(loadConfig(['draws'], stack.environment).DRAW_SECRET_KEYS);
      const giveawayId = await openBenchGiveaway(db, secrets);
      const byHttp = await inParts(bench, HTTP_CALLERS, overHttp, async () => {
        const token = await issue(randomUUID(), 'participant');
        requireStatus(await api.call('POST', `/v1/giveaways/${giveawayId}/entries`, { token }), 201);
      });
      api.close();
      tell(`${overHttp} entries came over HTTP, ${byHttp.perSecond.toFixed(0)} a second`);
      const byCommand = await inParts(bench, COMMAND_CALLERS, total - overHttp, () => {
        const signals = [{ kind: 'address' as const, hash: randomBytes(32).toString('hex') }];
        return enterGiveaway(db, newEntry(giveawayId, { signals }), cause);
      });
      const [row] = await db('giveaway_entries').where({ giveaway_id: giveawayId }).count({ count: '*' });
      return figures({ total, stored: Number(row?.['count']), byHttp, byCommand });
    });
  },
};

interface Parts {
  readonly perSecond: number;
  /** By process, of each part. */
  readonly peaks: readonly Readonly<Record<string, number>>[];
}

async function inParts({ stack }: Bench, callers: number, count: number, call: () => Promise<unknown>): Promise<Parts> {
  const startedAt = performance.now();
  const peaks: Readonly<Record<string, number>>[] = [];
  for (let part = 0; part < PARTS; part += 1) {
    const load = () => runLoad({ callers, count: count / PARTS, call });
    peaks.push((await peaksMebibytes(stack, PROCESSES, load)).peaks);
  }
  return { perSecond: (count * 1_000) / (performance.now() - startedAt), peaks };
}

interface Measured {
  readonly total: number;
  readonly stored: number;
  readonly byHttp: Parts;
  readonly byCommand: Parts;
}

function figures({ total, stored, byHttp, byCommand }: Measured): Figure[] {
  const memory = PROCESSES.map((name) => {
    // The process that calls the command is not the one that serves HTTP: each is watched while it works.
    const { peaks } = name === 'giveaway-api' ? byHttp : byCommand;
    const [first, last] = [peaks[0]?.[name] ?? Number.NaN, peaks.at(-1)?.[name] ?? Number.NaN];
    const observed = { unit: 'MiB in the last part, of the first', figure: last, peer: first };
    return judge({ name: `entries-million.memory.${name}`, ...observed, goal: { of: 'ratio', atMost: FLAT } });
  });
  return [
    judge({ name: 'entries-million.http', unit: 'per second', figure: byHttp.perSecond }),
    judge({ name: 'entries-million.command', unit: 'per second', figure: byCommand.perSecond }),
    judge({
      name: 'entries-million.stored',
      unit: 'entries',
      figure: stored,
      goal: { of: 'figure', atLeast: total, atMost: total },
    }),
    ...memory,
  ];
}
