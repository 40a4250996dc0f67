import { randomUUID } from 'node:crypto';
import { drawGiveawayActivities } from '../../activities/giveaway/draw-giveaway.ts';
import type { Database } from '../../db/connect.ts';
import type { NewPrize } from '../../db/giveaway/create-giveaway.ts';
import { connectionSettings } from '../../db/copy-rows.ts';
import { writeProof } from '../../db/giveaway/read-proof.ts';
import { closeGiveaway } from '../../db/giveaway/run-giveaway.ts';
import type { Proof } from '../../domain/proof/proof.ts';
import { KEY_ID, publicKey, signHex } from '../giveaway/draw/build-draw.ts';
import { passDeadline, testSecrets } from './giveaways.ts';

const cause = { actor: 'system', requestId: 'test' };
const signer = { keyId: KEY_ID, publicKey, sign: signHex };

/** Units of prizes with these quotas, by name, in this order. */
export const prizeUnits = (quotas: Readonly<Record<string, number>>): NewPrize[] =>
  Object.entries(quotas).flatMap(([name, quantity]) => {
    const group = { id: randomUUID(), name };
    return Array.from({ length: quantity }, () => ({
      id: randomUUID(),
      cardId: randomUUID(),
      merchantId: randomUUID(),
      catalogueItemId: randomUUID(),
      faceMinor: 100n,
      group,
    }));
  });

/** Commits to the entries of a frozen giveaway and carries the draw out. */
export async function drawFrozen(db: Database, giveawayId: string): Promise<void> {
  const draws = drawGiveawayActivities({ db, secrets: testSecrets, signer, heartbeat: () => {} });
  await draws.commitDraw({ giveawayId, ...cause });
  await draws.drawGiveaway({ giveawayId, ...cause });
}

/** The deadline comes, entry is frozen, and the draw is carried out. */
export async function closeAndDraw(db: Database, giveawayId: string): Promise<void> {
  await passDeadline(db, giveawayId);
  await closeGiveaway(db, giveawayId, cause);
  await drawFrozen(db, giveawayId);
}

/** The proof as it is served. */
export async function readProof(db: Database, giveawayId: string): Promise<Proof> {
  const lines: string[] = [];
  await writeProof(connectionSettings(db), giveawayId, (line) => void lines.push(line));
  return JSON.parse(lines.join('')) as Proof;
}

export interface AwardView {
  readonly id: string;
  readonly prize: string;
  readonly rank: number;
  readonly participantId: string;
  readonly state: string;
}

/** Awards with the names of their prizes, by the order of prizes and ranks. */
export const readAwards = (db: Database, giveawayId: string): Promise<AwardView[]> =>
  db('giveaway_awards as a')
    .join('giveaway_prizes as p', 'p.id', 'a.prize_id')
    .join('giveaway_prize_groups as g', 'g.id', 'p.group_id')
    .where('a.giveaway_id', giveawayId)
    .orderBy(['g.position', 'a.rank'])
    .select<AwardView[]>({
      id: 'a.id',
      prize: 'g.name',
      rank: 'a.rank',
      participantId: 'a.participant_id',
      state: 'a.state',
    });
