import { randomUUID } from 'node:crypto';
import { drawGiveawayActivities } from '../../activities/giveaway/draw-giveaway.ts';
import type { Database } from '../../db/connect.ts';
import type { NewGiveaway } from '../../db/giveaway/create-giveaway.ts';
import { enterGiveaway } from '../../db/giveaway/enter-giveaway.ts';
import { advanceGiveaway, closeGiveaway } from '../../db/giveaway/run-giveaway.ts';
import { KEY_ID, publicKey, signHex } from '../giveaway/draw/build-draw.ts';
import { newEntry, openTestGiveaway, passDeadline, testSecrets } from './giveaways.ts';

const cause = { actor: 'system', requestId: 'test' };
const signer = { keyId: KEY_ID, publicKey, sign: signHex };

const AT_ONCE = 20;

export interface AwardRow {
  readonly id: string;
  readonly rank: number;
  readonly prize_id: string;
  readonly participant_id: string;
  readonly state: string;
  readonly reason: string;
  readonly claim_expires_at: Date | null;
}

export interface DrawnGiveaway {
  readonly giveawayId: string;
  awards(): Promise<AwardRow[]>;
  /** `1 NOTIFIED`, by rank. */
  states(): Promise<string[]>;
  /** The window of an award is over, by the database's clock. */
  endWindow(rank: number): Promise<void>;
}

export const testPrizes = (count: number): NewGiveaway['prizes'] =>
  Array.from({ length: count }, () => ({
    id: randomUUID(),
    cardId: randomUUID(),
    merchantId: randomUUID(),
    catalogueItemId: randomUUID(),
    faceMinor: 100n,
  }));

/** A giveaway whose prizes are drawn and wait for their winners, straight in the database. */
export async function drawTestGiveaway(
  db: Database,
  { participants, ...change }: Partial<NewGiveaway> & { participants: number },
): Promise<DrawnGiveaway> {
  const giveawayId = await openTestGiveaway(db, change);
  for (let left = participants; left > 0; left -= AT_ONCE) {
    const entries = Array.from({ length: Math.min(left, AT_ONCE) }, () => newEntry(giveawayId));
    await Promise.all(entries.map((entry) => enterGiveaway(db, entry, cause)));
  }
  await passDeadline(db, giveawayId);
  await closeGiveaway(db, giveawayId, cause);
  const draws = drawGiveawayActivities({ db, secrets: testSecrets, signer, heartbeat: () => {} });
  await draws.commitDraw({ giveawayId, ...cause });
  await draws.drawGiveaway({ giveawayId, ...cause });
  await advanceGiveaway(db, { giveawayId, to: 'FULFILLING' }, cause);
  const awards = (): Promise<AwardRow[]> =>
    db('giveaway_awards')
      .where({ giveaway_id: giveawayId })
      .orderBy('rank')
      .select<AwardRow[]>('id', 'rank', 'prize_id', 'participant_id', 'state', 'reason', 'claim_expires_at');
  return {
    giveawayId,
    awards,
    states: async () => (await awards()).map(({ rank, state }) => `${rank} ${state}`),
    endWindow: async (rank) => {
      await db('giveaway_awards')
        .where({ giveaway_id: giveawayId, rank })
        .update({ claim_expires_at: db.raw('clock_timestamp()') });
    },
  };
}
