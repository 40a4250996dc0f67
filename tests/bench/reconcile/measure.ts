import { randomUUID } from 'node:crypto';
import { delay } from '../../../scripts/stack/run.ts';
import type { Stack } from '../../../scripts/stack/stack.ts';
import { httpCaller, requireStatus, type HttpCaller } from '../harness/http-caller.ts';
import { tokenIssuer } from '../harness/issue-tokens.ts';
import { peakMebibytes } from '../harness/process-memory.ts';
import { median } from '../harness/statistics.ts';
import { takeTurns } from '../harness/take-turns.ts';
import { judge, type Figure, type Measure } from '../measure.ts';

const SIZES = { full: { large: 100_000, small: 10_000 }, quick: { large: 5_000, small: 500 } } as const;
/** Ten times the lines: in proportion, and a tenth more. */
const GROWTH = 11;
/** A worker that held the file would grow with it. */
const FLAT = 1.25;
const LOOK_AGAIN_MS = 50;
const DAY_MS = 24 * 3_600_000;
const FIRST_DAY = Date.UTC(2025, 0, 1);

interface Run {
  readonly seconds: number;
  readonly peakMebibytes: number;
}

export const reconcile: Measure = {
  name: 'reconcile',
  summary: 'a day of the provider with a hundred thousand lines against the book, and one with ten thousand',
  run: async ({ stack, rounds, quick, tell }): Promise<readonly Figure[]> => {
    const { large, small } = quick ? SIZES.quick : SIZES.full;
    await stack.startApplications(['payments-simulator', 'giftcard-api', 'worker']);
    const token = await (await tokenIssuer(stack))(randomUUID(), 'finance');
    const api = httpCaller(stack.applicationUrl('giftcard-api'), 1);
    tell(`files of ${large} and of ${small} lines, each streamed into the staging table and matched`);
    let days = 0;
    const run = async (lines: number): Promise<Run> => {
      const date = new Date(FIRST_DAY + days * DAY_MS).toISOString().slice(0, 'YYYY-MM-DD'.length);
      days += 1;
      await fillDay(stack, date, lines);
      const startedAt = performance.now();
      const read = await peakMebibytes(stack, 'worker', () => readDay(api, token, { date, lines }));
      return { seconds: (performance.now() - startedAt) / 1_000, peakMebibytes: read.peakMebibytes };
    };
    const turns = await takeTurns(rounds, { ours: () => run(large), peer: () => run(small) });
    api.close();
    return [
      judge({
        name: 'reconcile.growth',
        unit: `seconds, ${large} lines of ${small}`,
        figure: median(turns.ours.map(({ seconds }) => seconds)),
        peer: median(turns.peer.map(({ seconds }) => seconds)),
        goal: { of: 'ratio', atMost: GROWTH },
      }),
      judge({
        name: 'reconcile.memory',
        unit: `MiB of the worker, ${large} lines of ${small}`,
        figure: median(turns.ours.map((round) => round.peakMebibytes)),
        peer: median(turns.peer.map((round) => round.peakMebibytes)),
        goal: { of: 'ratio', atMost: FLAT },
      }),
    ];
  },
};

/** The provider has so many charges of the other book on that day. */
async function fillDay(stack: Stack, date: string, lines: number): Promise<void> {
  const url = `${stack.applicationUrl('payments-simulator')}/admin/settlement-file/fill`;
  const headers = {
    authorization: `Bearer ${stack.environment['SIMULATOR_ADMIN_TOKEN']}`,
    'content-type': 'application/json',
  };
  const { status } = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ date, lines }) });
  if (status !== 204) throw new Error(`The provider's day was not filled: ${status}`);
}

/** Asks for the reconciliation as finance does, and waits until all of it is matched. */
async function readDay(
  api: HttpCaller,
  token: string,
  { date, lines }: { readonly date: string; readonly lines: number },
): Promise<void> {
  const path = '/v1/finance/reconciliations';
  requireStatus(await api.call('POST', path, { token, key: randomUUID(), body: { date } }), 202);
  for (;;) {
    const { body } = requireStatus(await api.call('GET', `${path}?limit=1`, { token }), 200);
    const [newest] = JSON.parse(body).data;
    if (newest?.date === date && newest.state === 'DONE') {
      if (newest.counts.lines === lines && newest.counts.elsewhere === lines) return;
      throw new Error(`Not all lines were matched: ${JSON.stringify(newest.counts)}`);
    }
    await delay(LOOK_AGAIN_MS);
  }
}
