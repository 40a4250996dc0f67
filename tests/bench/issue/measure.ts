import { delay } from '../../../scripts/stack/run.ts';
import { openCardShop } from '../../support/cards.ts';
import { withDatabase } from '../harness/databases.ts';
import { fundHost } from '../harness/fund-host.ts';
import { httpCaller, requireStatus, type HttpCaller } from '../harness/http-caller.ts';
import { tokenIssuer } from '../harness/issue-tokens.ts';
import { peakMebibytes } from '../harness/process-memory.ts';
import { median } from '../harness/statistics.ts';
import { takeTurns } from '../harness/take-turns.ts';
import { judge, type Figure, type Measure } from '../measure.ts';

const SIZES = { full: { large: 10_000, small: 1_000 }, quick: { large: 500, small: 50 } } as const;
/** Ten times the cards: in proportion, and a tenth more. */
const GROWTH = 11;
/** A worker that held the cards of an order would grow with it. */
const FLAT = 1.25;
const LOOK_AGAIN_MS = 50;

interface Order {
  readonly seconds: number;
  readonly peakMebibytes: number;
}

export const issue: Measure = {
  name: 'issue',
  summary: 'one order of ten thousand cards, with their codes, against one of a thousand',
  run: async ({ stack, rounds, quick, tell }): Promise<readonly Figure[]> => {
    const { large, small } = quick ? SIZES.quick : SIZES.full;
    await stack.startApplications(['payments-simulator', 'giftcard-api', 'worker']);
    const hostId = await fundHost(stack);
    const { itemId } = await withDatabase(stack.environment['DATABASE_URL_GIFTCARD'] ?? '', 1, (db) =>
      openCardShop(db),
    );
    const token = await (await tokenIssuer(stack))(hostId, 'host');
    const api = httpCaller(stack.applicationUrl('giftcard-api'), 1);
    tell(`orders of ${large} and of ${small} cards, through HTTP and both books`);
    const order = async (count: number): Promise<Order> => {
      const startedAt = performance.now();
      const issued = await peakMebibytes(stack, 'worker', () => issueCards(api, { token, itemId, count }));
      return { seconds: (performance.now() - startedAt) / 1_000, peakMebibytes: issued.peakMebibytes };
    };
    const turns = await takeTurns(rounds, { ours: () => order(large), peer: () => order(small) });
    api.close();
    return [
      judge({
        name: 'issue.growth',
        unit: `seconds, ${large} cards of ${small}`,
        figure: median(turns.ours.map(({ seconds }) => seconds)),
        peer: median(turns.peer.map(({ seconds }) => seconds)),
        goal: { of: 'ratio', atMost: GROWTH },
      }),
      judge({
        name: 'issue.memory',
        unit: `MiB of the worker, ${large} cards of ${small}`,
        figure: median(turns.ours.map((round) => round.peakMebibytes)),
        peer: median(turns.peer.map((round) => round.peakMebibytes)),
        goal: { of: 'ratio', atMost: FLAT },
      }),
    ];
  },
};

interface CardOrder {
  readonly token: string;
  readonly itemId: string;
  readonly count: number;
}

/** Places the order and waits until its last card is issued. */
async function issueCards(api: HttpCaller, { token, itemId, count }: CardOrder): Promise<void> {
  const body = { catalogueItemId: itemId, amountMinor: '10000', count, activate: true };
  const placed = await api.call('POST', '/v1/card-orders', { token, body });
  if (placed.status !== 202) {
    requireStatus(placed, 201);
    return;
  }
  for (;;) {
    const answer = requireStatus(await api.call('GET', String(placed.location), { token }), 200);
    const { state } = JSON.parse(answer.body) as { state: string };
    if (state === 'ISSUED') return;
    if (state === 'FAILED') throw new Error(`The order failed: ${answer.body}`);
    await delay(LOOK_AGAIN_MS);
  }
}
