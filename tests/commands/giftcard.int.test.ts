import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assignGiftCard } from '../../db/giftcard/assign-gift-card.ts';
import { checkGiftcards } from '../../db/giftcard/audit.ts';
import { redeemGiftCard } from '../../db/giftcard/redeem-gift-card.ts';
import { addCatalogueItem, registerMerchant } from '../../db/giftcard/register-merchant.ts';
import { postEscrow, reserveEscrow, voidEscrow } from '../../db/giftcard/reserve-escrow.ts';
import {
  beginLeg,
  completeLeg,
  completeSettlement,
  markIntentUnknown,
  parkSettlement,
  refuseLeg,
  resumeSettlement,
} from '../../db/giftcard/settle-redemption.ts';
import { checkLedger } from '../../db/ledger/audit.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { eventCounts, twice } from './twice.ts';

const cause = { actor: 'system', requestId: 'test' };
const ids = {
  merchant: randomUUID(),
  owner: randomUUID(),
  item: randomUUID(),
  reservation: randomUUID(),
  card: randomUUID(),
  host: randomUUID(),
};
const reservation = {
  reservationId: ids.reservation,
  giveawayId: randomUUID(),
  hostId: ids.host,
  currency: 'USD',
  grossMinor: 10_000n,
  fundingFeeMinor: 250n,
  cards: [{ cardId: ids.card, merchantId: ids.merchant, catalogueItemId: ids.item, faceMinor: 10_000n }],
};
const redemption = (change: object = {}) => ({
  redemptionId: randomUUID(),
  settlementId: randomUUID(),
  workflowId: 'test',
  cardId: ids.card,
  merchantId: ids.merchant,
  amountMinor: null,
  currency: null,
  expiresAt: new Date(Date.now() + 60_000),
  ...change,
});

describe('every command of the giftcard database, twice at once and again', () => {
  let test: TestDatabase;
  const settlementId = randomUUID();
  const run = <T>(command: () => Promise<T>): Promise<T> => twice(test.db, command);

  beforeAll(async () => {
    test = await createTestDatabase('giftcard');
    await registerMerchant(test.db, { id: ids.merchant, ownerId: ids.owner, name: 'M', payoutAccount: 'acct' }, cause);
  });
  afterAll(() => test.drop());

  it('registers a merchant and its catalogue', async () => {
    const merchant = { id: randomUUID(), ownerId: ids.owner, name: 'M', payoutAccount: 'acct' };
    await run(() => registerMerchant(test.db, merchant, cause));
    const item = {
      id: ids.item,
      merchantId: ids.merchant,
      name: 'Card',
      currency: 'USD',
      amountsMinor: [10_000n],
      minMinor: 10_000n,
      maxMinor: 10_000n,
      validityDays: 30,
    };
    await run(() => addCatalogueItem(test.db, item, ids.owner, cause));
  });

  it('reserves, posts and assigns', async () => {
    await run(() => reserveEscrow(test.db, reservation, cause));
    await run(() => postEscrow(test.db, ids.reservation, cause));
    const code = { hash: Buffer.from('hash'), sealed: Buffer.from('sealed') };
    await run(() =>
      assignGiftCard(test.db, { cardId: ids.card, awardId: ids.host, assigneeId: ids.owner, code }, cause),
    );
  });

  it('redeems once, however often it is asked', async () => {
    const input = redemption({ settlementId });
    expect((await run(() => redeemGiftCard(test.db, input, cause))).amountMinor).toBe(10_000n);
    await expect(redeemGiftCard(test.db, redemption(), cause)).rejects.toMatchObject({ code: 'card_already_redeemed' });
  });

  it('settles: a refused leg, a case, a decision, a new intent', async () => {
    const first = await run(() => beginLeg(test.db, { settlementId, leg: 'merchant' }));
    await run(() => markIntentUnknown(test.db, first?.id ?? ''));
    expect((await beginLeg(test.db, { settlementId, leg: 'merchant' }))?.state).toBe('UNKNOWN');
    await run(() => refuseLeg(test.db, { intentId: first?.id ?? '', failureCode: 'account_closed' }, cause));
    const caseNumber = await run(() => parkSettlement(test.db, { settlementId, reason: 'account_closed' }, cause));
    await expect(
      resumeSettlement(test.db, { settlementId, caseNumber: caseNumber + 1, reason: 'no' }, cause),
    ).rejects.toMatchObject({ code: 'case_changed' });
    await run(() => resumeSettlement(test.db, { settlementId, caseNumber, reason: 'mended' }, cause));
    for (const leg of ['merchant', 'platform'] as const) {
      const intent = await run(() => beginLeg(test.db, { settlementId, leg }));
      expect(intent?.id).not.toBe(first?.id);
      await run(() =>
        completeLeg(test.db, { intentId: intent?.id ?? '', providerId: 'tr_1', payoutFeeMinor: 25n }, cause),
      );
    }
    await run(() => completeSettlement(test.db, settlementId, cause));
    expect(await eventCounts(test.db)).toMatchObject({
      'giftcard.settlement.needs_attention': 1,
      'giftcard.settlement.settled': 1,
    });
  });

  it('refuses a late reserve after an undo that found nothing', async () => {
    const late = {
      ...reservation,
      reservationId: randomUUID(),
      cards: [{ ...reservation.cards[0]!, cardId: randomUUID() }],
    };
    await run(() => voidEscrow(test.db, late.reservationId, cause));
    await expect(reserveEscrow(test.db, late, cause)).rejects.toMatchObject({ code: 'escrow_reservation_voided' });
  });

  it('keeps the invariants, and forbids by itself what must never be', async () => {
    expect(
      [...(await checkLedger(test.db, 'x')), ...(await checkGiftcards(test.db))].filter(({ broken }) => broken > 0),
    ).toEqual([]);
    const forbidden = [
      test.db('gift_cards').where({ id: ids.card }).update({ state: 'RELEASED' }),
      test.db('settlements').where({ id: settlementId }).update({ state: 'SETTLING' }),
      test.db('ledger_transfers').del(),
      test.db('domain_events').update({ actor: 'somebody else' }),
      test.db('ledger_accounts').where({ type: 'escrow' }).update({ debits_posted: 999_999_999 }),
      test.db.raw(
        `insert into settlement_intents (id, settlement_id, leg, number, amount_minor, currency)
        values (gen_random_uuid(), ?, 'merchant', 9, 1, 'USD')`,
        [settlementId],
      ),
    ];
    const outcomes = await Promise.allSettled(forbidden);
    expect(outcomes.map(({ status }) => status)).toEqual(forbidden.map(() => 'rejected'));
  });

  it('refuses an expired card, by the database’s clock', async () => {
    const more = {
      ...reservation,
      reservationId: randomUUID(),
      cards: [{ ...reservation.cards[0]!, cardId: randomUUID() }],
    };
    const cardId = more.cards[0]?.cardId ?? '';
    await reserveEscrow(test.db, more, cause);
    await postEscrow(test.db, more.reservationId, cause);
    const code = { hash: Buffer.from('other'), sealed: Buffer.from('sealed') };
    await assignGiftCard(test.db, { cardId, awardId: randomUUID(), assigneeId: ids.owner, code }, cause);
    await test.db('gift_cards').where({ id: cardId }).update({ expires_at: new Date() });
    await expect(redeemGiftCard(test.db, redemption({ cardId }), cause)).rejects.toMatchObject({
      code: 'card_expired',
    });
    const late = redemption({ cardId, expiresAt: new Date(0) });
    await expect(redeemGiftCard(test.db, late, cause)).rejects.toMatchObject({ code: 'request_expired' });
  });

  it('lets one of a hundred simultaneous redemptions of a card through', async () => {
    const more = {
      ...reservation,
      reservationId: randomUUID(),
      cards: [{ ...reservation.cards[0]!, cardId: randomUUID() }],
    };
    const cardId = more.cards[0]?.cardId;
    await reserveEscrow(test.db, more, cause);
    await postEscrow(test.db, more.reservationId, cause);
    const outcomes = await Promise.allSettled(
      Array.from({ length: 100 }, () => redeemGiftCard(test.db, redemption({ cardId }), cause)),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });
});
