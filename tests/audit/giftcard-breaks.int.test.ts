import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { auditDatabase } from '../../db/audit-books.ts';
import { authoriseGiftCard } from '../../db/giftcard/authorise-gift-card.ts';
import { completeLeg, parkSettlement, refuseLeg, type SettlementStep } from '../../db/giftcard/pay-settlement.ts';
import { redeemGiftCard } from '../../db/giftcard/redeem-gift-card.ts';
import { requestRefund } from '../../db/giftcard/refund-redemption.ts';
import { completeRelease, releaseEscrow } from '../../db/giftcard/release-escrow.ts';
import { deliverVend } from '../../db/giftcard/vend-airtime.ts';
import { beginTopUp, openAirtimeShop, winAirtime } from '../support/airtime.ts';
import { auditAfter, book, firedOf, LEDGER_BREAKS } from '../support/breaks.ts';
import { cause, issueCard, openCardShop, payoutRules, redemptionOf, type CardShop } from '../support/cards.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

const LATE = `now() - interval '1 hour'`;

/** By check: the smallest break that it alone finds. */
const BREAKS: Readonly<Record<string, (cards: Cards) => readonly string[]>> = {
  ...Object.fromEntries(Object.entries(LEDGER_BREAKS).map(([name, statements]) => [name, () => statements])),
  'cards.face': ({ released }) => [
    'alter table gift_cards drop constraint gift_cards_face',
    `update gift_cards set face_minor = face_minor + 1 where id = '${released}'`,
  ],
  'cards.escrow': ({ paid, held }) => [book(`escrow/${held}`, `escrow/${paid}`)],
  'cards.escrow-total': () => [book('platform:losses/platform', 'escrow/nobody')],
  'cards.holds': () => [`update card_authorisations set amount_minor = amount_minor + 1 where expires_at is not null`],
  'cards.escrow-states': ({ paid }) => [
    `update card_escrows set amount_minor = amount_minor + 1 where card_id = '${paid}' and state = 'RESERVED'`,
  ],
  'cards.redemptions': ({ paid }) => [`update redemptions set refunded_minor = 1 where card_id = '${paid}'`],
  'cards.carried-fees': ({ paid }) => [
    `select ledger_book(array[ledger_transfer('posted', gen_random_uuid(), ledger_account('platform:losses', 'platform', 'USD'),
       ledger_account('fees:funding', '${paid}', 'USD'), 1, 'USD', 'test', 'test')])`,
  ],
  'cards.releases': () => [`update escrow_releases set cash_minor = cash_minor + 1`],
  'settlements.shares': () => [
    'alter table settlement_lines drop constraint settlement_lines_check1',
    `update settlement_lines set gross_minor = gross_minor + 1 where kind = 'refund'`,
  ],
  'settlements.one-batch': ({ paid }) => [
    `update redemptions set merchant_id = gen_random_uuid() where card_id = '${paid}'`,
  ],
  'settlements.lines': ({ paid }) => [`update settlements set line_count = 2 where card_id = '${paid}'`],
  'settlements.payable': () => [book('platform:losses/platform', 'merchant:payable/nobody')],
  'settlements.one-live-intent': ({ paid }) => [
    'drop index settlement_intents_one_live',
    `insert into settlement_intents (id, settlement_id, leg, number, amount_minor, currency)
     select gen_random_uuid(), id, 'platform', 2, 5, currency from settlements where card_id = '${paid}'`,
    `select ledger_book(array[ledger_transfer('pending', ledger_uuid('transfer', 'settle', i.id::text), ledger_account('platform:fees', 'platform', 'USD'),
       ledger_account('provider:clearing', 'platform', 'USD'), 5, 'USD', 'test', 'test')]) from settlement_intents i where i.number = 2`,
  ],
  'settlements.paid': ({ paid }) => [`update settlements set carried_minor = 1 where card_id = '${paid}'`],
  'settlements.one-effect': () => [
    `update settlement_intents set amount_minor = amount_minor + 1 where state = 'FAILED_DEFINITE'`,
  ],
  'refunds.one-effect': () => [
    `insert into refund_intents (id, refund_id, number, amount_minor, currency, source_account, state)
     select gen_random_uuid(), id, 1, 5, currency, 'acct', 'SUCCEEDED' from refunds`,
  ],
  'airtime.holds': () => [`update airtime_vends set amount_minor = amount_minor + 1 where state = 'SUBMITTED'`],
  'airtime.redemptions': () => [
    `insert into airtime_vends (id, card_id, merchant_id, user_id, currency, amount_minor, operator, state)
     select gen_random_uuid(), card_id, merchant_id, user_id, currency, 5, operator, 'DELIVERED' from airtime_vends where state = 'SUBMITTED'`,
    `insert into card_authorisations (id, card_id, merchant_id, amount_minor, currency, state, redemption_id)
     select id, card_id, merchant_id, 5, currency, 'CONFIRMED', id from airtime_vends where amount_minor = 5`,
    `insert into airtime_intents (id, vend_id, number, state) select id, id, 1, 'DELIVERED' from airtime_vends where amount_minor = 5`,
  ],
  'airtime.intents': () => [`update airtime_intents set state = 'DELIVERED' where state = 'SENT'`],
};

const LATE_BREAKS: Readonly<Record<string, string>> = {
  'a settlement without an owner': `update settlements set state = 'SETTLING', updated_at = ${LATE} where state = 'NEEDS_ATTENTION'`,
  'a release that nobody completes': `update escrow_releases set state = 'RELEASING', updated_at = ${LATE}`,
  'a hold beyond its time': `update card_authorisations set expires_at = ${LATE}`,
  'a refund that nobody continues': `update refunds set state = 'REQUESTED', way = null, updated_at = ${LATE}`,
  'a cancelled order that nobody sees to': `
    with o as (
      insert into card_orders (id, host_id, merchant_id, catalogue_item_id, currency, face_minor, card_count, activate, rate_version, state, workflow_id)
      values (gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'USD', 5, 1, false, 1, 'ISSUED', 'w') returning id)
    insert into card_order_cancellations (id, order_id, requested_by, updated_at) select gen_random_uuid(), id, 'user:one', ${LATE} from o`,
  'a top-up that nobody carries on': `update airtime_vends set updated_at = now() - interval '27 hours' where state = 'SUBMITTED'`,
  'an expired card that is not released': `update gift_cards set next_deadline = ${LATE} where remaining_minor > 0 and held_minor = 0`,
};

interface Cards {
  readonly paid: string;
  readonly held: string;
  readonly released: string;
}

describe('the auditor of the giftcard database', () => {
  let test: TestDatabase;
  let shop: CardShop;
  let cards: Cards;

  beforeAll(async () => {
    test = await createTestDatabase('giftcard');
    shop = await openCardShop(test.db);
    const { db } = test;
    const hostId = randomUUID();
    cards = {
      paid: await issueCard(db, shop),
      held: await issueCard(db, shop),
      released: await issueCard(db, shop, { hostId, assign: false }),
    };
    const pay = ({ settlementId, intent }: SettlementStep) => {
      const done = { providerId: randomUUID(), payoutFeeMinor: 25n, ...payoutRules };
      return completeLeg(db, { settlementId, intentId: intent?.intentId ?? '', ...done }, cause);
    };
    const redeem = async (cardId: string): Promise<SettlementStep> => {
      const { step } = await redeemGiftCard(db, redemptionOf(cardId, shop, { amountMinor: 4_000n }), cause);
      if (!step) throw new Error('A settlement of its own is missing');
      return step;
    };
    await pay(await pay(await redeem(cards.paid)));
    const hold = {
      authorisationId: randomUUID(),
      cardId: cards.held,
      merchantId: shop.merchantId,
      amountMinor: 1_000n,
    };
    await authoriseGiftCard(db, { ...hold, currency: null, ttlMs: 60_000 }, cause);
    const airtime = await openAirtimeShop(db);
    await beginTopUp(db, await winAirtime(db, airtime));
    const delivered = await beginTopUp(db, await winAirtime(db, airtime));
    await deliverVend(db, { ...delivered, providerId: randomUUID() }, cause);
    const release = {
      releaseId: randomUUID(),
      hostId,
      currency: 'USD',
      giveawayId: null,
      reason: 'unassigned' as const,
    };
    await releaseEscrow(db, { ...release, cardIds: [cards.released] }, cause);
    await completeRelease(db, release, cause);
    const { settlementId, intent } = await redeem(await issueCard(db, shop));
    await refuseLeg(db, { settlementId, intentId: intent?.intentId ?? '', failureCode: 'account_closed' }, cause);
    await parkSettlement(db, { settlementId, reason: 'account_closed' }, cause);
    const later = redemptionOf(await issueCard(db, shop), shop, { amountMinor: 3_000n });
    await redeemGiftCard(db, { ...later, payout: { ...later.payout, settle: 'later' } }, cause);
    const refund = {
      refundId: randomUUID(),
      redemptionId: later.redemptionId,
      amountMinor: 1_000n,
      reason: 'returned',
    };
    await requestRefund(db, refund, cause);
  });
  afterAll(() => test.drop());

  it('finds nothing where nothing is broken', async () => {
    const { results } = await auditDatabase(test.db, 'giftcard');
    expect(firedOf(results)).toEqual([]);
    expect(results.filter(({ checked }) => checked === 0).map(({ name }) => name)).toEqual(['refunds.one-effect']);
  });

  it('has a break for each of its checks', async () => {
    const { results } = await auditDatabase(test.db, 'giftcard');
    const deadlines = 'giftcard.deadlines';
    expect([...Object.keys(BREAKS), deadlines].toSorted()).toEqual(results.map(({ name }) => name).toSorted());
  });

  it.each(Object.entries(BREAKS))('%s finds its break, and no other check does', async (name, statements) => {
    const currencies = name === 'ledger.sums-to-zero' ? ['EUR', 'USD'] : ['USD'];
    expect(await auditAfter(test.db, 'giftcard', statements(cards))).toEqual([
      { name, verdict: 'broken', currencies: name === 'events.chain' ? [expect.any(String)] : currencies },
    ]);
  });

  it.each(Object.entries(LATE_BREAKS))('%s is late, and breaks nothing', async (_what, statement) => {
    expect(await auditAfter(test.db, 'giftcard', [statement])).toContainEqual({
      name: 'giftcard.deadlines',
      verdict: 'late',
      currencies: ['USD'],
    });
  });
});
