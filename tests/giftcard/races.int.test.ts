import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Db } from '../../db/connect.ts';
import { assignGiftCard } from '../../db/giftcard/assign-gift-card.ts';
import { checkGiftcards } from '../../db/giftcard/audit.ts';
import { completeLeg, type SettlementStep } from '../../db/giftcard/pay-settlement.ts';
import { findCard } from '../../db/giftcard/queries.ts';
import { redeemGiftCard } from '../../db/giftcard/redeem-gift-card.ts';
import { continueRefund, requestRefund } from '../../db/giftcard/refund-redemption.ts';
import { releaseEscrow, releaseExpired } from '../../db/giftcard/release-escrow.ts';
import { formBatch } from '../../db/giftcard/settle-batch.ts';
import { checkLedger } from '../../db/ledger/audit.ts';
import { waitFor } from '../../scripts/demo/watch.ts';
import { cause, issueCard, openCardShop, payoutRules, redemptionOf, type CardShop } from '../support/cards.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

/** Who of two gets a lock first is the database's choice: it is asked more than once. */
const ROUNDS = 5;

describe('commands that meet at one card', () => {
  let test: TestDatabase;
  let shop: CardShop;

  beforeAll(async () => {
    test = await createTestDatabase('giftcard');
    shop = await openCardShop(test.db);
  });
  afterAll(() => test.drop());

  const lockCard = (db: Db, cardId: string) => db.raw('select 1 from gift_cards where id = ? for update', [cardId]);
  const lockEscrowAccount = (db: Db, cardId: string) =>
    db.raw(`select 1 from ledger_accounts where type = 'escrow' and owner_id = ? for update`, [cardId]);
  const lockSettlement = (db: Db, id: string) => db.raw('select 1 from settlements where id = ? for update', [id]);

  const waiting = async (): Promise<number> => {
    const { rows } = (await test.db.raw(
      `select count(*)::int as count from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    )) as { rows: [{ count: number }] };
    return rows[0].count;
  };
  /** Holds these locks until so many commands wait for them, and lets go of all of them at once. */
  async function holding(
    lock: (db: Db) => Promise<unknown>,
    start: () => Promise<unknown>[],
    more?: () => Promise<void>,
  ): Promise<PromiseSettledResult<unknown>[]> {
    const barrier = await test.db.transaction();
    try {
      await lock(barrier);
      const commands = start();
      const outcomes = Promise.allSettled(commands);
      await waitFor('the commands to meet', async () => (await waiting()) >= commands.length, 30_000);
      await more?.();
      await barrier.commit();
      return await outcomes;
    } finally {
      if (!barrier.isCompleted()) await barrier.rollback();
    }
  }
  const expireAt = (cardId: string, at: Date) =>
    test.db('gift_cards').where({ id: cardId }).update({ expires_at: at, next_deadline: at });
  const sweep = () => releaseExpired(test.db, { limit: 500 }, cause);
  const moved = async (cardId: string) => {
    const card = await findCard(test.db, cardId);
    return [card?.remaining_minor, card?.redeemed_minor, card?.refunded_minor, card?.released_minor];
  };
  const codes = (outcomes: readonly PromiseSettledResult<unknown>[]) =>
    outcomes.map((one) => (one.status === 'fulfilled' ? 'done' : String((one.reason as { code?: string }).code)));
  const pay = (step: SettlementStep) => {
    const { settlementId, intent } = step;
    const paid = { settlementId, intentId: intent?.intentId ?? '', providerId: randomUUID(), payoutFeeMinor: 0n };
    return completeLeg(test.db, { ...paid, ...payoutRules }, cause);
  };
  /** A redemption with the step of its own settlement. */
  async function redeemed(cardId: string, amountMinor: bigint) {
    const redemption = await redeemGiftCard(test.db, redemptionOf(cardId, shop, { amountMinor }), cause);
    if (!redemption.step) throw new Error('A settlement of its own is missing');
    return { redemptionId: redemption.redemptionId, step: redemption.step };
  }

  it('a hundred redemptions of a whole card: one is done, the others are refused by name, and one is paid', async () => {
    const cardId = await issueCard(test.db, shop);
    const all = Array.from({ length: 100 }, () => redeemGiftCard(test.db, redemptionOf(cardId, shop), cause));
    const seen = codes(await Promise.allSettled(all)).toSorted();
    expect(seen).toEqual([...Array<string>(99).fill('card_already_redeemed'), 'done']);
    expect(await moved(cardId)).toEqual([0n, 10_000n, 0n, 0n]);
    expect(await test.db('redemptions').where({ card_id: cardId })).toHaveLength(1);
    expect(await test.db('settlements').where({ card_id: cardId })).toHaveLength(1);
  });

  it('a hundred redemptions of 101 each from 10000: ninety-nine are done, and one is more than is left', async () => {
    const cardId = await issueCard(test.db, shop);
    const part = () => redemptionOf(cardId, shop, { amountMinor: 101n });
    const all = Array.from({ length: 100 }, () => redeemGiftCard(test.db, part(), cause));
    const seen = codes(await Promise.allSettled(all)).toSorted();
    expect(seen).toEqual(['card_over_redemption', ...Array<string>(99).fill('done')]);
    expect(await moved(cardId)).toEqual([1n, 9_999n, 0n, 0n]);
  });

  it('a redemption that is under way when its card expires is finished, and the sweep finds nothing', async () => {
    const cardId = await issueCard(test.db, shop);
    const expiry = new Date(Date.now() + 5_000);
    await expireAt(cardId, expiry);
    const outcomes = await holding(
      (db) => lockEscrowAccount(db, cardId),
      () => [redeemGiftCard(test.db, redemptionOf(cardId, shop), cause)],
      async () => {
        await waitFor('the expiry', () => Promise.resolve(Date.now() > expiry.getTime()));
        expect(await sweep()).toEqual({ cards: 0 });
      },
    );
    expect(codes(outcomes)).toEqual(['done']);
    expect(await sweep()).toEqual({ cards: 0 });
    expect(await moved(cardId)).toEqual([0n, 10_000n, 0n, 0n]);
  });

  it('a redemption that comes while the sweep has its card is refused, and the value is the host’s', async () => {
    const cardId = await issueCard(test.db, shop);
    await expireAt(cardId, new Date());
    let late: Promise<unknown> = Promise.resolve();
    const outcomes = await holding(
      (db) => lockEscrowAccount(db, cardId),
      () => [sweep()],
      async () => {
        late = Promise.allSettled([redeemGiftCard(test.db, redemptionOf(cardId, shop), cause)]).then(codes);
        await waitFor('the redemption', async () => (await waiting()) === 2);
      },
    );
    expect(outcomes).toMatchObject([{ value: { cards: 1 } }]);
    expect(await late).toEqual(['card_not_redeemable']);
    expect(await moved(cardId)).toEqual([0n, 0n, 0n, 10_000n]);
  });

  it('the release of a card against its assignment: one of them has it', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const hostId = randomUUID();
      const cardId = await issueCard(test.db, shop, { hostId, assign: false });
      const code = { hash: Buffer.from(randomUUID()), sealed: Buffer.alloc(60) };
      const assignment = { cardId, awardId: randomUUID(), assigneeId: randomUUID(), code };
      const release = { releaseId: randomUUID(), hostId, currency: 'USD', giveawayId: null, cardIds: [cardId] };
      const both = [
        () => releaseEscrow(test.db, { ...release, reason: 'unassigned' }, cause),
        () => assignGiftCard(test.db, assignment, cause),
      ];
      const order = round % 2 === 0 ? both : both.toReversed();
      const outcomes = codes(
        await holding(
          (db) => lockCard(db, cardId),
          () => order.map((command) => command()),
        ),
      );
      const [released, assigned] = round % 2 === 0 ? outcomes : outcomes.toReversed();
      const won = released === 'done' ? 'release' : 'assignment';
      expect([released, assigned]).toEqual(
        won === 'release' ? ['done', 'card_not_assignable'] : ['card_already_assigned', 'done'],
      );
      expect(await moved(cardId)).toEqual(won === 'release' ? [0n, 0n, 0n, 10_000n] : [10_000n, 0n, 0n, 0n]);
    }
  });

  it('the release of what is left against the settlement of what was redeemed: each has its own part, once', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const cardId = await issueCard(test.db, shop);
      const { step } = await redeemed(cardId, 4_000n);
      const platform = await pay(step);
      await expireAt(cardId, new Date());
      const outcomes = await holding(
        (db) => Promise.all([lockEscrowAccount(db, cardId), lockSettlement(db, platform.settlementId)]),
        () => [sweep(), pay(platform)],
      );
      expect(outcomes).toMatchObject([{ value: { cards: 1 } }, { value: { state: 'SETTLED' } }]);
      const escrows = await test.db('card_escrows').where({ card_id: cardId }).orderBy('amount_minor');
      expect(escrows.map(({ state, amount_minor: minor }) => [state, minor])).toEqual([
        ['SETTLED', 4_000n],
        ['RELEASING', 6_000n],
      ]);
      expect(await moved(cardId)).toEqual([0n, 4_000n, 0n, 6_000n]);
    }
  });

  it('a refund against the settlement of its redemption: it waits, or pulls back; never both, never before it is paid', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      shop = await openCardShop(test.db);
      const cardId = await issueCard(test.db, shop);
      const { redemptionId, step } = await redeemed(cardId, 10_000n);
      const platform = await pay(step);
      const input = { refundId: randomUUID(), redemptionId, amountMinor: 4_000n, reason: 'returned' };
      const outcomes = await holding(
        (db) => Promise.all([lockCard(db, cardId), lockSettlement(db, platform.settlementId)]),
        () => [requestRefund(test.db, input, cause), pay(platform)],
      );
      expect(codes(outcomes)).toEqual(['done', 'done']);
      const [asked] = outcomes as PromiseFulfilledResult<{ state: string }>[];
      expect(['WAITING_FOR_SETTLEMENT', 'PULLING_BACK']).toContain(asked?.value.state);
      expect(await continueRefund(test.db, input, cause)).toMatchObject({ state: 'PULLING_BACK' });
      expect(await test.db('refund_intents').where({ refund_id: input.refundId })).toHaveLength(1);
      expect(await moved(cardId)).toEqual([0n, 10_000n, 0n, 0n]);
    }
  });

  it('a refund against the batch of its redemption: the merchant is paid without it, or it waits for the batch', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      shop = await openCardShop(test.db, { payoutSchedule: 'daily' });
      const cardId = await issueCard(test.db, shop);
      const later = redemptionOf(cardId, shop, { payout: { settle: 'later' } });
      const { redemptionId } = await redeemGiftCard(test.db, later, cause);
      const window = { merchantId: shop.merchantId, currency: 'USD', window: 'day', part: 0, workflowId: 'test' };
      const form = (part = 0) => formBatch(test.db, { ...window, part, ...payoutRules }, cause);
      const input = { refundId: randomUUID(), redemptionId, amountMinor: null, reason: 'returned' };
      const outcomes = await holding(
        (db) =>
          Promise.all([
            lockCard(db, cardId),
            db.raw(
              `select pg_advisory_xact_lock(hashtextextended(ledger_uuid('settlement', ?, 'USD', 'day', '0')::text, 0))`,
              [shop.merchantId],
            ),
          ]),
        () => [requestRefund(test.db, input, cause), form()],
      );
      expect(codes(outcomes)).toEqual(['done', 'done']);
      const lines = await test.db('settlement_lines').where({ merchant_id: shop.merchantId }).orderBy('kind');
      const refund = await test.db('refunds').where({ id: input.refundId }).first('state', 'way');
      if (refund?.state === 'COMPLETED') {
        // Nothing is owed to the merchant any more, and nothing was promised to the provider.
        expect(refund.way).toBe('before_payout');
        expect(lines.reduce((sum, line) => sum + line.merchant_minor, 0n)).toBe(0n);
        expect(
          await test.db('settlement_intents').whereIn(
            'settlement_id',
            lines.flatMap((line) => line.settlement_id ?? []),
          ),
        ).toEqual([]);
        expect(await moved(cardId)).toEqual([10_000n, 10_000n, 10_000n, 0n]);
      } else {
        expect(refund?.state).toBe('WAITING_FOR_SETTLEMENT');
        expect(lines).toMatchObject([{ kind: 'redemption', merchant_minor: 9_262n }]);
        expect(await moved(cardId)).toEqual([0n, 10_000n, 0n, 0n]);
      }
    }
  });

  it('keeps the invariants', async () => {
    const lines = [...(await checkLedger(test.db, 'giftcard')), ...(await checkGiftcards(test.db))];
    expect(lines.filter(({ broken }) => broken > 0)).toEqual([]);
  });
});
