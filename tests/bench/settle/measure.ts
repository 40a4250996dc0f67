import { randomUUID } from 'node:crypto';
import type { Database } from '../../../db/connect.ts';
import { redeemGiftCard } from '../../../db/giftcard/redeem-gift-card.ts';
import { delay } from '../../../scripts/stack/run.ts';
import type { Stack } from '../../../scripts/stack/stack.ts';
import { cause } from '../../support/cards.ts';
import { withDatabase } from '../harness/databases.ts';
import { fundHost } from '../harness/fund-host.ts';
import { httpCaller, requireStatus, type HttpCaller } from '../harness/http-caller.ts';
import { tokenIssuer } from '../harness/issue-tokens.ts';
import { peakMebibytes } from '../harness/process-memory.ts';
import { runLoad } from '../harness/run-load.ts';
import { median } from '../harness/statistics.ts';
import { takeTurns } from '../harness/take-turns.ts';
import { judge, type Figure, type Measure } from '../measure.ts';
import { prepareCards } from '../redeem/prepare-cards.ts';

const SIZES = { full: { large: 10_000, small: 1_000 }, quick: { large: 500, small: 50 } } as const;
/** Ten times the redemptions: in proportion, and a tenth more. */
const GROWTH = 11;
/** A worker that held the redemptions of a batch would grow with it. */
const FLAT = 1.25;
const POOL_MAX = 10;
const CALLERS = 8;
const LOOK_AGAIN_MS = 20;

interface Run {
  readonly seconds: number;
  readonly peakMebibytes: number;
}

export const settle: Measure = {
  name: 'settle',
  summary: 'one settlement run over ten thousand redemptions of a merchant, against one over a thousand',
  run: async ({ stack, rounds, quick, tell }): Promise<readonly Figure[]> => {
    const { large, small } = quick ? SIZES.quick : SIZES.full;
    await stack.startApplications(['payments-simulator', 'giftcard-api', 'worker']);
    const hostId = await fundHost(stack);
    const token = await (await tokenIssuer(stack))(randomUUID(), 'finance');
    const api = httpCaller(stack.applicationUrl('giftcard-api'), 1);
    const turns = await withDatabase(stack.environment['DATABASE_URL_GIFTCARD'] ?? '', POOL_MAX, (db) => {
      tell(`runs over ${large} and over ${small} redemptions, each until the last escrow is settled`);
      const run = async (count: number): Promise<Run> => {
        await lineUp(db, stack, hostId, count);
        const startedAt = performance.now();
        const settled = await peakMebibytes(stack, 'worker', () => settleAll(db, api, token));
        return { seconds: (performance.now() - startedAt) / 1_000, peakMebibytes: settled.peakMebibytes };
      };
      return takeTurns(rounds, { ours: () => run(large), peer: () => run(small) });
    });
    api.close();
    return [
      judge({
        name: 'settle.growth',
        unit: `seconds, ${large} redemptions of ${small}`,
        figure: median(turns.ours.map(({ seconds }) => seconds)),
        peer: median(turns.peer.map(({ seconds }) => seconds)),
        goal: { of: 'ratio', atMost: GROWTH },
      }),
      judge({
        name: 'settle.memory',
        unit: `MiB of the worker, ${large} redemptions of ${small}`,
        figure: median(turns.ours.map((round) => round.peakMebibytes)),
        peer: median(turns.peer.map((round) => round.peakMebibytes)),
        goal: { of: 'ratio', atMost: FLAT },
      }),
    ];
  },
};

/** Redemptions of one merchant that wait for the next batch, straight in the database. */
async function lineUp(db: Database, stack: Stack, hostId: string, count: number): Promise<void> {
  const cards = await prepareCards(db, stack, { hostId, count, shops: 1, payoutSchedule: 'hourly' });
  await runLoad({
    callers: CALLERS,
    count,
    call: async (number) => {
      const card = cards[number];
      if (!card) throw new Error('One call for each card');
      const { cardId, merchantId } = card;
      const expiresAt = new Date(Date.now() + 60_000);
      const input = { redemptionId: randomUUID(), cardId, merchantId, amountMinor: null, currency: null, expiresAt };
      await redeemGiftCard(db, { ...input, payout: { settle: 'later' } }, cause);
    },
  });
  // What loading has left behind is not the run's to clean up.
  await db.transaction(async (trx) => {
    // A slow machine takes longer than a command may.
    await trx.raw('set local statement_timeout = 0');
    await trx.raw('analyze');
  });
}

/** Starts a run as finance does, and waits until every redemption's escrow is settled. */
async function settleAll(db: Database, api: HttpCaller, token: string): Promise<void> {
  const body = { cadence: 'hourly' };
  requireStatus(await api.call('POST', '/v1/finance/settlement-runs', { token, key: randomUUID(), body }), 202);
  while (await db('card_escrows').where({ state: 'SETTLING' }).first('id')) await delay(LOOK_AGAIN_MS);
}
