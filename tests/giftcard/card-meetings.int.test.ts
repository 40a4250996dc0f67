import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { brokenCardBooks, issueCard, openCardShop } from '../support/cards.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { randomLives } from '../support/random-lives.ts';
import { action, CardMeetings } from './meeting-model.ts';

const lives = randomLives({ seed: 20_261_124, runs: 25 });
/** At the same moment. */
const MEETING = 5;

const history = fc.record({
  instant: fc.boolean(),
  faces: fc.array(fc.bigInt({ min: 300n, max: 3_000n }), { minLength: 2, maxLength: 2 }),
  meetings: fc.array(fc.array(action, { minLength: 2, maxLength: MEETING }), {
    minLength: 12,
    maxLength: 25,
    size: 'max',
  }),
});

describe('cards of one merchant, on which commands meet at random', () => {
  let test: TestDatabase;

  beforeAll(async () => {
    test = await createTestDatabase('giftcard');
  });
  afterAll(() => test.drop());

  it(
    `keep every invariant, are refused by name, and end (seed ${lives.seed})`,
    async () => {
      await lives.live(history, async ({ instant, faces, meetings }) => {
        const shop = await openCardShop(test.db, { payoutSchedule: instant ? 'instant' : 'daily' });
        const cards: string[] = [];
        for (const faceMinor of faces)
          cards.push(await issueCard(test.db, shop, { faceMinor, fundingFeeMinor: faceMinor / 40n }));
        const life = new CardMeetings(test.db, shop, cards, { currency: 'USD', instant });
        for (const meeting of meetings) {
          await life.meet(meeting);
          await life.check();
          expect(await brokenCardBooks(test.db)).toEqual([]);
        }
        await life.finish();
        expect(await brokenCardBooks(test.db)).toEqual([]);
      });
    },
    lives.timeoutMs,
  );
});
