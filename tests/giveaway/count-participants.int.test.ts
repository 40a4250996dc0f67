import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { countParticipants } from '../../db/giveaway/count-participants.ts';
import { enterGiveaway } from '../../db/giveaway/enter-giveaway.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { newEntry, openTestGiveaway } from '../support/giveaways.ts';

const cause = { actor: 'user:host', requestId: 'test' };
const MANY = 10_000;

describe('how many have entered', () => {
  let test: TestDatabase;
  const enter = (giveawayId: string) => enterGiveaway(test.db, newEntry(giveawayId), cause);
  const crowd = (giveawayId: string) =>
    test.db.raw(
      `insert into giveaway_participants (giveaway_id, participant_id, salt, commitment)
       select ?::uuid, gen_random_uuid(), sha256(int8send(n)), sha256(int8send(-n)) from generate_series(1, ?::int) n`,
      [giveawayId, MANY],
    );

  beforeAll(async () => {
    test = await createTestDatabase('giveaway');
  });
  afterAll(() => test.drop());

  it('is counted anew while they are few', async () => {
    const giveawayId = await openTestGiveaway(test.db);
    expect(await countParticipants(test.db, giveawayId)).toBe(0);
    await enter(giveawayId);
    expect(await countParticipants(test.db, giveawayId)).toBe(1);
  });

  it('may be a second old once they are many, and not more', async () => {
    const giveawayId = await openTestGiveaway(test.db);
    await crowd(giveawayId);
    expect(await countParticipants(test.db, giveawayId)).toBe(MANY);
    await enter(giveawayId);
    expect([MANY, MANY + 1]).toContain(await countParticipants(test.db, giveawayId));
    await expect.poll(() => countParticipants(test.db, giveawayId)).toBe(MANY + 1);
  });

  it('asks the database for a crowd once in a while, whoever looks', async () => {
    const giveawayId = await openTestGiveaway(test.db);
    await crowd(giveawayId);
    await countParticipants(test.db, giveawayId);
    let asked = 0;
    const count = (): void => void (asked += 1);
    test.db.on('query', count);
    for (let n = 0; n < 50; n += 1) await countParticipants(test.db, giveawayId);
    test.db.off('query', count);
    expect(asked).toBeLessThanOrEqual(1);
  });
});
