import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { account } from '../../db/ledger/account.ts';
import { readBalances } from '../../db/ledger/balances.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { randomLives } from '../support/random-lives.ts';
import { brokenWallets, walletOf } from '../support/wallets.ts';
import { action, WalletLife } from './wallet-model.ts';

const lives = randomLives({ seed: 20_261_122, runs: 40 });
const history = fc.array(action, { minLength: 15, maxLength: 40, size: 'max' });

describe('random lives of wallets', () => {
  let test: TestDatabase;

  beforeAll(async () => {
    test = await createTestDatabase('giveaway');
  });
  afterAll(() => test.drop());

  it(
    `hold, carry and owe what a small model says after every step, whatever happens in what order (seed ${lives.seed})`,
    async () => {
      await lives.live(history, async (actions) => {
        const life = new WalletLife(test.db);
        for (const one of actions) {
          await life.act(one);
          const { balance, available, carried, owed, hostId } = life;
          expect(await walletOf(test.db, hostId)).toEqual([balance, available, carried]);
          const [debt] = await readBalances(test.db, [account('host:receivable', hostId, 'USD')]);
          expect(debt?.postedMinor ?? 0n).toBe(owed);
          expect(await brokenWallets(test.db)).toEqual([]);
        }
      });
    },
    lives.timeoutMs,
  );
});
