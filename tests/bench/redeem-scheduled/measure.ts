import { randomUUID } from 'node:crypto';
import { freePort } from '../../../scripts/stack/run.ts';
import { withDatabase } from '../harness/databases.ts';
import { fundHost } from '../harness/fund-host.ts';
import { httpCaller, requireStatus } from '../harness/http-caller.ts';
import { judgeLoad } from '../harness/judge-load.ts';
import { runLoad } from '../harness/run-load.ts';
import { startPeer } from '../harness/start-peer.ts';
import { takeTurns } from '../harness/take-turns.ts';
import type { Figure, Measure } from '../measure.ts';
import { prepareCards, type TillCard } from '../redeem/prepare-cards.ts';
import { redeemAtTill } from '../redeem/redeem-at-till.ts';

const CALLERS = 20;
const POOL_MAX = 10;
const PER_ROUND = { full: 1_000, quick: 100 } as const;
const PATIENCE_MS = 60_000;

export const redeemScheduled: Measure = {
  name: 'redeem-scheduled',
  summary: 'redeem for a merchant that is paid by the hour, through HTTP, against Koa and the bare transaction',
  run: async ({ stack, rounds, quick, tell }): Promise<readonly Figure[]> => {
    const count = quick ? PER_ROUND.quick : PER_ROUND.full;
    const port = await freePort();
    const bareUrl = `http://127.0.0.1:${port}`;
    await stack.startApplications(['payments-simulator', 'giftcard-api']);
    const hostId = await fundHost(stack);
    // Nobody is paid here: what it does when idle would be in both columns.
    await stack.kill('payments-simulator', 'SIGTERM');
    await startPeer(stack, {
      name: 'bare-api',
      main: 'tests/bench/redeem-scheduled/bare-api.ts',
      settings: { BARE_API_PORT: String(port) },
      ready: () => fetch(bareUrl),
    });
    const databaseUrl = stack.environment['DATABASE_URL_GIFTCARD'] ?? '';
    const cards = await withDatabase(databaseUrl, POOL_MAX, (db) =>
      prepareCards(db, stack, { hostId, count: 2 * count * (rounds + 1), payoutSchedule: 'hourly' }),
    );
    tell(`${cards.length} cards are ready; ${count} redemptions a round by ${CALLERS} callers`);
    const nextCard = (): TillCard => {
      const card = cards.pop();
      if (!card) throw new Error('There is a card for each call');
      return card;
    };
    const api = httpCaller(stack.applicationUrl('giftcard-api'), CALLERS);
    const bare = httpCaller(bareUrl, CALLERS);
    const turns = await takeTurns(rounds, {
      ours: () => runLoad({ callers: CALLERS, count, call: () => redeemAtTill(api, nextCard()) }),
      peer: () =>
        runLoad({
          callers: CALLERS,
          count,
          call: async () => {
            const { cardId, merchantId, token } = nextCard();
            const expiresAt = new Date(Date.now() + PATIENCE_MS).toISOString();
            const body = { redemptionId: randomUUID(), cardId, merchantId, expiresAt };
            requireStatus(await bare.call('POST', '/', { token, body }), 201);
          },
        }),
    });
    api.close();
    bare.close();
    return judgeLoad({ name: 'redeem-scheduled', ...turns, atLeast: 0.5 });
  },
};
