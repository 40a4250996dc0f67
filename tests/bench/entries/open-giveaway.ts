import { randomUUID } from 'node:crypto';
import type { Database } from '../../../db/connect.ts';
import { createGiveaway, type NewGiveaway } from '../../../db/giveaway/create-giveaway.ts';
import { openGiveaway } from '../../../db/giveaway/run-giveaway.ts';
import { toHex } from '../../../domain/draw/bytes.ts';
import { drawSecretAad, hashSecret } from '../../../domain/draw/randomness.ts';
import { randomSecret } from '../../../runtime/crypto.ts';
import { drawCrypto } from '../../../runtime/draw-crypto.ts';
import type { SecretBox } from '../../../runtime/secret-box.ts';
import { cause } from '../../support/cards.ts';

const DAY_MS = 24 * 3_600_000;
const PRIZES = 10;

/** A giveaway that takes entries, straight in the database: its publish is not what is measured. @returns its id. */
export async function openBenchGiveaway(
  db: Database,
  secrets: SecretBox,
  change: Partial<NewGiveaway> = {},
): Promise<string> {
  const id = randomUUID();
  const prizes = Array.from({ length: PRIZES }, () => ({
    id: randomUUID(),
    cardId: randomUUID(),
    merchantId: randomUUID(),
    catalogueItemId: randomUUID(),
    faceMinor: 10_000n,
  }));
  const texts = { title: 'Bench', description: '', currency: 'USD' };
  const times = { closesAt: new Date(Date.now() + DAY_MS), claimWindowMs: DAY_MS };
  await createGiveaway(db, { id, hostId: randomUUID(), prizes, ...texts, ...times, ...change }, cause);
  await db('giveaways').where({ id }).update({ state: 'SCHEDULED', published_at: new Date() });
  const secret = toHex(randomSecret(32));
  const secretHash = hashSecret(drawCrypto, { giveawayId: id, drawNumber: 1, secret });
  await openGiveaway(db, id, { sealed: secrets.seal(secret, drawSecretAad(id)), secretHash }, cause);
  return id;
}
