import { randomBytes, randomUUID } from 'node:crypto';
import type { Database } from '../../db/connect.ts';
import { connectionSettings, withConnection } from '../../db/copy-rows.ts';
import { createGiveaway, type NewGiveaway, type NewMethod } from '../../db/giveaway/create-giveaway.ts';
import type { NewEntry } from '../../db/giveaway/enter-giveaway.ts';
import { readDrawEntries } from '../../db/giveaway/read-draw-entries.ts';
import { openGiveaway, type DrawSecretSealed } from '../../db/giveaway/run-giveaway.ts';
import type { DrawSources } from '../../domain/draw/randomness-rules.ts';
import type { DrawEntry } from '../../domain/draw/entry.ts';
import { DIRECT_METHOD } from '../../domain/entry-methods.ts';
import { drawSecretAad, hashSecret } from '../../domain/draw/randomness.ts';
import { drawCrypto } from '../../runtime/draw-crypto.ts';
import { createSecretBox } from '../../runtime/secret-box.ts';

const cause = { actor: 'system', requestId: 'test' };
export const testSecrets = createSecretBox([{ id: 'k', key: Buffer.alloc(32, 1) }]);

export const method = (change: Partial<NewMethod>): NewMethod => ({ ...DIRECT_METHOD, required: false, ...change });

/** A giveaway that takes entries, straight in the database. @returns its id. */
export async function openTestGiveaway(
  db: Database,
  change: Partial<NewGiveaway> = {},
  secretChange: Partial<DrawSecretSealed> = {},
  sources?: DrawSources,
): Promise<string> {
  const id = change.id ?? randomUUID();
  const prize = { id: randomUUID(), cardId: randomUUID(), merchantId: randomUUID(), catalogueItemId: randomUUID() };
  const texts = { title: 'T', description: '', currency: 'USD' };
  const times = { closesAt: new Date(Date.now() + 600_000), claimWindowMs: 60_000 };
  const prizes = [{ ...prize, faceMinor: 100n }];
  await createGiveaway(db, { id, hostId: randomUUID(), ...texts, ...times, prizes, ...change }, cause);
  await db('giveaways').where({ id }).update({ state: 'SCHEDULED', published_at: new Date() });
  const secret = randomBytes(32).toString('hex');
  const secretHash = hashSecret(drawCrypto, { giveawayId: id, drawNumber: 1, secret });
  const sealed = testSecrets.seal(secret, drawSecretAad(id));
  await openGiveaway(db, id, { sealed, secretHash, ...secretChange }, cause, sources);
  return id;
}

/** An entry of somebody new, by the direct method. */
export const newEntry = (giveawayId: string, change: Partial<NewEntry> = {}): NewEntry => ({
  id: randomUUID(),
  giveawayId,
  participantId: randomUUID(),
  method: 'direct',
  salt: randomBytes(32).toString('hex'),
  commitment: randomBytes(32).toString('hex'),
  facts: {},
  signals: [],
  ...change,
});

/** The deadline has come, by the database's clock. */
export const passDeadline = async (db: Database, giveawayId: string): Promise<void> => {
  await db('giveaways')
    .where({ id: giveawayId })
    .update({ closes_at: db.raw('clock_timestamp()') });
};

/** All entries of a giveaway as its draw reads them. */
export async function drawEntries(db: Database, giveawayId: string): Promise<DrawEntry[]> {
  const entries: DrawEntry[] = [];
  await withConnection(connectionSettings(db), (client) =>
    readDrawEntries(client, giveawayId, (entry) => void entries.push(entry)),
  );
  return entries;
}
