import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fulfilAward } from '../../db/giveaway/fulfil-award.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { openTestGiveaway } from '../support/giveaways.ts';

const cause = { actor: 'system', requestId: 'test' };

describe('what of a giveaway is still open', () => {
  let test: TestDatabase;
  beforeAll(async () => {
    test = await createTestDatabase('giveaway');
  });
  afterAll(() => test.drop());

  /** A giveaway with so many winners, of whom all but the last ones have their prize; each of these waits in another state. */
  async function manyWinners(count: number): Promise<string> {
    const giveawayId = await openTestGiveaway(test.db);
    await test.db.transaction(async (trx) => {
      await trx.raw('set local statement_timeout = 0');
      await trx.raw(
        `with prizes as (
         insert into giveaway_prizes (id, giveaway_id, position, group_id, card_id, merchant_id, catalogue_item_id, face_minor, currency)
         select gen_random_uuid(), g.giveaway_id, n + 1, g.group_id, gen_random_uuid(), g.merchant_id, g.catalogue_item_id, 100, 'USD'
         from giveaway_prizes g, generate_series(1, :count) n where g.giveaway_id = :giveawayId returning id, position)
       insert into giveaway_awards (id, giveaway_id, draw_number, prize_id, rank, participant_id, reason, state, claim_expires_at)
       select gen_random_uuid(), :giveawayId, 1, id, position, gen_random_uuid(), 'drawn',
         case when position <= :count - 2 then 'FULFILLED' when position = :count - 1 then 'VERIFIED'
           when position = :count then 'NOTIFIED' else 'FULFILLING' end,
         now() + position * interval '1 minute'
       from prizes`,
        { giveawayId, count },
      );
    });
    await test.db.raw('analyze giveaway_awards');
    return giveawayId;
  }

  /** Pages of tables and indexes that the question reads. */
  async function pagesRead(giveawayId: string): Promise<number> {
    const { rows } = await test.db.raw('explain (analyze, buffers, format json) select awards_progress(?)', [
      giveawayId,
    ]);
    const plan = rows[0]['QUERY PLAN'][0].Plan as Record<'Shared Hit Blocks' | 'Shared Read Blocks', number>;
    return plan['Shared Hit Blocks'] + plan['Shared Read Blocks'];
  }

  it('is asked after each prize that is handed over, and does not cost more where there are ten thousand winners', async () => {
    const [few, many] = [await manyWinners(20), await manyWinners(10_000)];
    // The first question of a connection reads the catalogue, too.
    await pagesRead(few);
    const [ofFew, ofMany] = [await pagesRead(few), await pagesRead(many)];
    expect(ofMany).toBeLessThanOrEqual(ofFew * 3 + 10);
  });

  it('counts what is open, and says when the next window ends', async () => {
    const giveawayId = await manyWinners(30);
    const [verified] = await test.db('giveaway_awards').where({ giveaway_id: giveawayId, state: 'VERIFIED' });
    const progress = await fulfilAward(test.db, verified.id, cause);
    expect(progress.openAwards).toBe(2);
    expect(Math.abs((progress.nextExpiryInMs ?? 0) - 30 * 60_000)).toBeLessThan(60_000);
    await test
      .db('giveaway_awards')
      .where({ giveaway_id: giveawayId, state: 'NOTIFIED' })
      .update({ claim_expires_at: null });
    expect(await fulfilAward(test.db, verified.id, cause)).toMatchObject({ openAwards: 2, nextExpiryInMs: null });
  });
});
