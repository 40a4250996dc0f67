import { randomUUID } from 'node:crypto';
import { reserveEscrow, type ReserveEscrow } from '../../../db/giftcard/reserve-escrow.ts';
import { query } from '../../../scripts/stack/postgres.ts';
import { cause, openCardShop, type CardShop } from '../../support/cards.ts';
import { copyDatabase, dropDatabase, withDatabase } from '../harness/databases.ts';
import { median } from '../harness/statistics.ts';
import { takeTurns } from '../harness/take-turns.ts';
import { judge, type Bench, type Figure } from '../measure.ts';
import { recordStatements } from './record-statements.ts';
import { replayedBy, replayStatements } from './replay-statements.ts';

const RESERVATIONS = { full: 1_000, quick: 50 } as const;
const GOAL = 0.85;

/**
 * One caller, nobody else. The peer sends exactly the statements that ours sent, recorded on a third copy of the
 * database, so that it does the same work on the same rows whatever ours consists of.
 */
export async function measureReserve(bench: Bench): Promise<readonly Figure[]> {
  const { stack, rounds, quick, tell } = bench;
  const shop = await withDatabase(stack.environment['DATABASE_URL_GIFTCARD'] ?? '', 1, (db) => openCardShop(db));
  const [recordUrl, oursUrl, peerUrl] = [
    await copyDatabase(stack, 'giftcard', 'reserve_record'),
    await copyDatabase(stack, 'giftcard', 'reserve_ours'),
    await copyDatabase(stack, 'giftcard', 'reserve_peer'),
  ];
  const count = quick ? RESERVATIONS.quick : RESERVATIONS.full;
  const inputs = Array.from({ length: rounds + 1 }, () => Array.from({ length: count }, () => reservationIn(shop)));
  const perSecond = await withDatabase(recordUrl, 1, (recording) =>
    withDatabase(oursUrl, 1, (db) =>
      takeTurns(rounds, {
        ours: async (round) => {
          const startedAt = performance.now();
          for (const input of inputs[round] ?? []) await reserveEscrow(db, input, cause);
          return (count * 1_000) / (performance.now() - startedAt);
        },
        peer: async (round) => {
          const statements = await recordStatements(recording, async () => {
            for (const input of inputs[round] ?? []) await reserveEscrow(recording, input, cause);
          });
          return count / (await replayStatements({ url: peerUrl, runDir: stack.runDir, statements }));
        },
      }),
    ),
  );
  await requireSameWork(oursUrl, peerUrl);
  for (const name of ['reserve_record', 'reserve_ours', 'reserve_peer']) await dropDatabase(stack, name);
  tell(`escrow reserve, one caller, ${count} a round; the peer is ${replayedBy()} with the same statements`);
  const [ours, peer] = [median(perSecond.ours), median(perSecond.peer)];
  return [
    judge({ name: 'ledger.reserve', unit: 'per second', figure: ours, peer, goal: { of: 'ratio', atLeast: GOAL } }),
  ];
}

function reservationIn({ merchantId, itemId }: CardShop): ReserveEscrow {
  const cards = [{ cardId: randomUUID(), merchantId, catalogueItemId: itemId, faceMinor: 10_000n }];
  const ids = { reservationId: randomUUID(), giveawayId: randomUUID(), hostId: randomUUID() };
  return { ...ids, currency: 'USD', grossMinor: 10_000n, fundingFeeMinor: 250n, cards };
}

/** A peer that wrote less would be no peer. */
async function requireSameWork(oursUrl: string, peerUrl: string): Promise<void> {
  const rows = `select (select count(*) from ledger_transfers) as transfers, (select count(*) from gift_cards) as cards,
    (select count(*) from domain_events) as events`;
  const [ours, peer] = [JSON.stringify(await query(oursUrl, rows)), JSON.stringify(await query(peerUrl, rows))];
  if (ours !== peer) throw new Error(`Ours and the peer have not done the same: ${ours}, ${peer}`);
}
