import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { reserveEscrow } from '../../db/giftcard/reserve-escrow.ts';
import { listMerchantRates, rateInEffect, setMerchantRate } from '../../db/giftcard/merchant-rates.ts';
import { settlementLines, transfersOf } from '../../db/giftcard/explain-settlement.ts';
import { redeemGiftCard } from '../../db/giftcard/redeem-gift-card.ts';
import { sharesUpTo } from '../../domain/settlement.ts';
import { randomUUID } from 'node:crypto';
import { cause, issueCard, openCardShop, redemptionOf, type CardShop } from '../support/cards.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

const SEED = 20_261_121;

const termsArbitrary = fc
  .record({
    faceMinor: fc.bigInt({ min: 1n, max: 10n ** 12n }),
    feePart: fc.bigInt({ min: 0n, max: 1_000n }),
    ratePpm: fc.bigInt({ min: 0n, max: 1_000_000n }),
    minMinor: fc.bigInt({ min: 0n, max: 10n ** 6n }),
    spread: fc.option(fc.bigInt({ min: 0n, max: 10n ** 6n }), { nil: null }),
    redeemedPart: fc.bigInt({ min: 0n, max: 10_000n }),
  })
  .map(({ faceMinor, feePart, ratePpm, minMinor, spread, redeemedPart }) => ({
    terms: {
      faceMinor,
      fundingFeeMinor: (faceMinor * feePart) / 1_000n,
      ratePpm,
      minMinor,
      maxMinor: spread === null ? null : minMinor + spread,
    },
    redeemedMinor: (faceMinor * redeemedPart) / 10_000n,
  }));

describe('rates and shares', () => {
  let test: TestDatabase;
  let shop: CardShop;

  beforeAll(async () => {
    test = await createTestDatabase('giftcard');
    shop = await openCardShop(test.db);
  });
  afterAll(() => test.drop());

  it('are computed by the database as by the domain, for any card', async () => {
    const cases = fc.sample(termsArbitrary, { numRuns: 3_000, seed: SEED });
    const rows = cases.map(({ terms, redeemedMinor }) => ({
      face_minor: terms.faceMinor.toString(),
      funding_fee_minor: terms.fundingFeeMinor.toString(),
      rate_ppm: terms.ratePpm.toString(),
      rate_min_minor: terms.minMinor.toString(),
      rate_max_minor: terms.maxMinor?.toString() ?? null,
      redeemed: redeemedMinor.toString(),
    }));
    const result = await test.db.raw(
      `select s.fee as "feeMinor", s.service as "serviceMinor", s.merchant as "merchantMinor"
       from jsonb_array_elements(?::jsonb) with ordinality j(card, place)
       cross join lateral jsonb_populate_record(null::gift_cards, j.card) c
       cross join lateral shares_up_to(c, (j.card ->> 'redeemed')::bigint) s order by j.place`,
      [JSON.stringify(rows)],
    );
    expect(result.rows).toEqual(cases.map(({ terms, redeemedMinor }) => sharesUpTo(redeemedMinor, terms)));
  });

  it('are versions with a date: a card keeps the one of its reservation', async () => {
    const before = await issueCard(test.db, shop);
    const later = new Date(Date.now() + 3_600_000);
    const rate = { merchantId: shop.merchantId, minMinor: 0n, maxMinor: null, reason: 'agreed' };
    await setMerchantRate(test.db, { ...rate, ratePpm: 100_000n, effectiveAt: null }, cause);
    await setMerchantRate(test.db, { ...rate, ratePpm: 200_000n, effectiveAt: later }, cause);
    const after = await issueCard(test.db, shop);
    const shares = async (cardId: string) => {
      const { redemptionId } = await redeemGiftCard(test.db, redemptionOf(cardId, shop), cause);
      return test.db('redemptions').where({ id: redemptionId }).first('service_minor');
    };
    expect(await shares(before)).toEqual({ service_minor: 488n });
    expect(await shares(after)).toEqual({ service_minor: 975n });
    expect(await rateInEffect(test.db, shop.merchantId)).toMatchObject({ version: 2, ratePpm: 100_000n });
    expect((await listMerchantRates(test.db, shop.merchantId)).map(({ version }) => version)).toEqual([3, 2, 1]);
  });

  it('are refused in the past, and where they would leave the merchant nothing', async () => {
    const rate = { merchantId: shop.merchantId, minMinor: 0n, maxMinor: null, reason: 'agreed' };
    const past = { ...rate, ratePpm: 1n, effectiveAt: new Date(Date.now() - 60_000) };
    await expect(setMerchantRate(test.db, past, cause)).rejects.toMatchObject({ code: 'rate_effective_in_past' });
    const greedy = { ...rate, ratePpm: 1_000_000n, effectiveAt: null };
    await expect(setMerchantRate(test.db, greedy, cause)).rejects.toMatchObject({ code: 'settlement_leaves_nothing' });
    const cards = [
      { cardId: randomUUID(), merchantId: shop.merchantId, catalogueItemId: shop.itemId, faceMinor: 100n },
    ];
    const reservation = { reservationId: randomUUID(), giveawayId: null, hostId: randomUUID(), currency: 'USD', cards };
    await expect(
      reserveEscrow(test.db, { ...reservation, grossMinor: 100n, fundingFeeMinor: 100n }, cause),
    ).rejects.toMatchObject({ code: 'settlement_leaves_nothing' });
  });

  it('can be followed from a settlement to the transfers of its ledger', async () => {
    const cardId = await issueCard(test.db, await openCardShop(test.db).then((other) => (shop = other)));
    const { redemptionId, settlementId } = await redeemGiftCard(test.db, redemptionOf(cardId, shop), cause);
    const [line] = await settlementLines(test.db, { settlementId: settlementId ?? '', after: undefined, limit: 10 });
    expect(line).toMatchObject({
      id: redemptionId,
      faceMinor: 10_000n,
      fundingFeeMinor: 250n,
      redeemedBeforeMinor: 0n,
    });
    const transfers = await transfersOf(test.db, [settlementId ?? '', redemptionId]);
    expect(transfers.map(({ code, amountMinor }) => [code, amountMinor])).toEqual(
      expect.arrayContaining([
        ['redeem.merchant', '9262'],
        ['redeem.service', '488'],
        ['redeem.fee', '250'],
        ['settle.merchant', '9262'],
      ]),
    );
  });
});
