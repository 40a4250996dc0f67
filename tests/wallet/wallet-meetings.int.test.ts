import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { randomLives } from '../support/random-lives.ts';
import { brokenWallets } from '../support/wallets.ts';
import { action, WalletMeetings } from './meeting-model.ts';

const lives = randomLives({ seed: 20_261_125, runs: 25 });
/** At the same moment, each of them twice. */
const MEETING = 4;
const meetings = fc.array(fc.array(action, { minLength: 1, maxLength: MEETING }), {
  minLength: 12,
  maxLength: 25,
  size: 'max',
});

describe('wallets on which commands meet at random', () => {
  let test: TestDatabase;

  beforeAll(async () => {
    test = await createTestDatabase('giveaway');
  });
  afterAll(() => test.drop());

  it(
    `keep every invariant, are refused by name, and end (seed ${lives.seed})`,
    async () => {
      await lives.live(meetings, async (life) => {
        const wallet = new WalletMeetings(test.db);
        for (const meeting of life) {
          await wallet.meet(meeting);
          expect(await brokenWallets(test.db)).toEqual([]);
        }
        await wallet.finish();
        expect(await brokenWallets(test.db)).toEqual([]);
      });
    },
    lives.timeoutMs,
  );
});
