import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkGiftcards } from '../../db/giftcard/audit.ts';
import { redeemGiftCard } from '../../db/giftcard/redeem-gift-card.ts';
import { checkLedger } from '../../db/ledger/audit.ts';
import { account } from '../../db/ledger/account.ts';
import { readBalances } from '../../db/ledger/balances.ts';
import { foldAccounts } from '../../db/ledger/fold-accounts.ts';
import { cause, issueCard, openCardShop, redemptionOf, type CardShop } from '../support/cards.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

describe('accounts that many share', () => {
  let test: TestDatabase;
  let shop: CardShop;

  beforeAll(async () => {
    test = await createTestDatabase('giftcard');
    shop = await openCardShop(test.db);
  });
  afterAll(() => test.drop());

  const beside = async (): Promise<number> => Number((await test.db('ledger_account_deltas').count())[0]?.['count']);
  const fold = () => foldAccounts(test.db, () => {});
  const payable = async (): Promise<bigint | undefined> =>
    (await readBalances(test.db, [account('merchant:payable', shop.merchantId, 'USD')]))[0]?.postedMinor;
  const redeem = async (): Promise<void> => {
    const cardId = await issueCard(test.db, shop);
    await redeemGiftCard(test.db, redemptionOf(cardId, shop, { payout: { settle: 'later' } }), cause);
  };

  it('have the same balance before and after they are added up', async () => {
    await Promise.all([redeem(), redeem(), redeem()]);
    expect(await beside()).toBeGreaterThan(0);
    expect(await payable()).toBe(3n * 9_262n);
    expect(await fold()).toBeGreaterThan(0);
    expect(await beside()).toBe(0);
    expect(await payable()).toBe(3n * 9_262n);
    expect(await fold()).toBe(0);
  });

  it('are added up while others write, and nothing is lost or counted twice', async () => {
    const before = (await payable()) ?? 0n;
    await Promise.all([...Array.from({ length: 20 }, redeem), fold(), fold(), fold(), fold()]);
    expect(await payable()).toBe(before + 20n * 9_262n);
    await fold();
    expect(await payable()).toBe(before + 20n * 9_262n);
  });

  it('cannot be overdrawn by what is written beside them', async () => {
    const owed = (await payable()) ?? 0n;
    const draw = (amountMinor: bigint) =>
      test.db.raw(
        `select ledger_book(array[ledger_transfer('pending', gen_random_uuid(), ledger_account('merchant:payable', ?, 'USD'),
           ledger_account('provider:clearing', 'platform', 'USD'), ?, 'USD', 'test', 'test')])`,
        [shop.merchantId, amountMinor.toString()],
      );
    await redeem();
    const outcomes = await Promise.allSettled(Array.from({ length: 10 }, () => draw(owed / 2n)));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(2);
  });

  it('keep the invariants', async () => {
    const lines = [...(await checkLedger(test.db, 'giftcard')), ...(await checkGiftcards(test.db))];
    expect(lines.filter(({ broken }) => broken > 0)).toEqual([]);
  });
});
