import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import type { Database } from '../../db/connect.ts';
import { authoriseGiftCard, voidAuthorisation } from '../../db/giftcard/authorise-gift-card.ts';
import { resumeSettlement, writeOffPayout } from '../../db/giftcard/decide-settlement.ts';
import { completeLeg, nextStep, refuseLeg } from '../../db/giftcard/pay-settlement.ts';
import { redeemGiftCard } from '../../db/giftcard/redeem-gift-card.ts';
import {
  completePullBack,
  continueRefund,
  honourRefund,
  refusePullBack,
  requestRefund,
} from '../../db/giftcard/refund-redemption.ts';
import { completeRelease, openReleases, releaseExpired } from '../../db/giftcard/release-escrow.ts';
import { reversePayout } from '../../db/giftcard/reverse-payout.ts';
import { reversePullBack } from '../../db/giftcard/reverse-pull-back.ts';
import { formBatch, settleEscrows } from '../../db/giftcard/settle-batch.ts';
import { foldAccounts } from '../../db/ledger/fold-accounts.ts';
import { cause, payoutRules, redemptionOf, type CardShop } from '../support/cards.ts';
import { either, refusedByName, twoPeople } from '../support/random-lives.ts';

/** What may happen to the cards of a merchant. `part` says to which of them, and how much of it. */
export const action = fc.oneof(
  either(6, ['redeem', 'refund'], fc.nat({ max: 99 })),
  either(2, ['hold', 'confirm', 'void'], fc.nat({ max: 99 })),
  either(5, ['answer', 'batch', 'pull-back'], fc.nat({ max: 99 })),
  either(3, ['payout-comes-back', 'pull-back-comes-back', 'retry', 'write-off', 'honour'], fc.nat({ max: 99 })),
  either(2, ['expire', 'sweep', 'fold'], fc.nat({ max: 99 })),
);
export type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;

interface Parked {
  readonly id: string;
  readonly caseNumber: number;
}

/** What there is to act on, when a meeting begins. */
interface Sight {
  readonly redemptions: readonly { readonly id: string; readonly left: string }[];
  readonly holds: readonly { readonly id: string; readonly cardId: string }[];
  readonly settling: readonly Parked[];
  readonly parked: readonly Parked[];
  readonly refunds: readonly (Parked & { readonly state: string })[];
  readonly paid: readonly string[];
  readonly pulled: readonly string[];
}

/** What the provider says of an intent is its own, and the same whoever asks how often. */
const isRefused = (intentId: string): boolean => Number.parseInt(intentId.slice(0, 2), 16) < 0x50;
const FOR_OURS = /^ledger_|^(card|redemption|settlement|refund)_not_found$/;

/** The cards of one merchant, whose commands meet at the same moment. */
export class CardMeetings {
  readonly #db: Database;
  readonly #shop: CardShop;
  readonly #cards: readonly string[];
  readonly #currency: string;
  readonly #instant: boolean;

  constructor(db: Database, shop: CardShop, cards: readonly string[], terms: { currency: string; instant: boolean }) {
    this.#db = db;
    this.#shop = shop;
    this.#cards = cards;
    this.#currency = terms.currency;
    this.#instant = terms.instant;
  }

  /** @throws what is no refusal: a deadlock, a broken rule of the tables, a booking that the books do not cover. */
  async meet(actions: readonly Action[]): Promise<void> {
    const sight = await this.#look();
    await refusedByName(
      actions.map((one) => this.#act(one, sight)),
      (code) => FOR_OURS.test(code),
    );
  }

  async #act({ kind, part }: Action, sight: Sight): Promise<unknown> {
    const cardId = this.#cards[part % this.#cards.length] as string;
    switch (kind) {
      case 'redeem': {
        const payout = this.#instant ? {} : { payout: { settle: 'later' as const } };
        return this.#redeem(cardId, { amountMinor: BigInt(part * 7 + 1), ...payout });
      }
      case 'hold': {
        const input = { authorisationId: randomUUID(), cardId, merchantId: this.#shop.merchantId, currency: null };
        return authoriseGiftCard(this.#db, { ...input, amountMinor: BigInt(part * 3 + 1), ttlMs: 3_600_000 }, cause);
      }
      case 'confirm':
      case 'void':
        return this.#endHold(kind, pick(sight.holds, part));
      case 'refund':
        return this.#refund(pick(sight.redemptions, part), part);
      case 'answer':
        return this.#answer(pick(sight.settling, part));
      case 'batch':
        return this.#batch(part % 2 === 0 ? randomUUID() : 'again');
      case 'pull-back':
        return this.#pullBack(pick(sight.refunds, part));
      case 'payout-comes-back':
        return onSome(pick(sight.paid, part), (intentId) =>
          reversePayout(this.#db, { intentId, workflowId: 'test' }, cause),
        );
      case 'pull-back-comes-back':
        return onSome(pick(sight.pulled, part), (intentId) =>
          reversePullBack(this.#db, { intentId, providerId: intentId, providerFeeMinor: 2n }, cause),
        );
      case 'retry':
      case 'write-off':
        return this.#decide(kind, pick(sight.parked, part));
      case 'honour':
        return this.#honour(pick(sight.refunds, part));
      case 'expire':
        // Of one card in four times: most of what happens needs value.
        return (
          part < 25 && this.#db('gift_cards').where({ id: cardId }).update({ expires_at: AGO, next_deadline: AGO })
        );
      case 'sweep':
        return this.#sweep();
      case 'fold':
        return foldAccounts(this.#db, () => {});
    }
  }

  /** Asked twice at once, as by an impatient till. */
  async #redeem(cardId: string, change: Parameters<typeof redemptionOf>[2]): Promise<void> {
    const input = redemptionOf(cardId, this.#shop, change);
    const [first, second] = await Promise.all([
      redeemGiftCard(this.#db, input, cause),
      redeemGiftCard(this.#db, input, cause),
    ]);
    assert.equal(second.redemptionId, first.redemptionId);
  }

  #endHold(kind: 'confirm' | 'void', held: Sight['holds'][number] | undefined): Promise<unknown> {
    if (!held) return Promise.resolve();
    const { id: authorisationId, cardId } = held;
    if (kind === 'void')
      return voidAuthorisation(this.#db, { authorisationId, merchantId: this.#shop.merchantId }, cause);
    return this.#redeem(cardId, { authorisationId, ...(this.#instant ? {} : { payout: { settle: 'later' } }) });
  }

  async #refund(redemption: Sight['redemptions'][number] | undefined, part: number): Promise<void> {
    if (!redemption) return;
    const amountMinor = part % 3 === 0 ? null : (BigInt(redemption.left) * BigInt(part) + 99n) / 100n;
    const input = { refundId: randomUUID(), redemptionId: redemption.id, amountMinor, reason: 'test' };
    await Promise.all([requestRefund(this.#db, input, cause), requestRefund(this.#db, input, cause)]);
  }

  async #answer(settlement: Parked | undefined): Promise<void> {
    if (!settlement) return;
    const { id: settlementId } = settlement;
    const { intent } = await nextStep(this.#db, { settlementId, ...payoutRules }, cause);
    if (!intent) return settleEscrows(this.#db, settlementId, () => {});
    const ref = { settlementId, intentId: intent.intentId };
    if (isRefused(intent.intentId)) return refuseLeg(this.#db, { ...ref, failureCode: 'account_closed' }, cause);
    const paid = { ...ref, providerId: intent.intentId, payoutFeeMinor: 5n };
    await completeLeg(this.#db, { ...paid, ...payoutRules }, cause);
    await settleEscrows(this.#db, settlementId, () => {});
  }

  #batch(window: string): Promise<unknown> {
    const { merchantId } = this.#shop;
    const batch = { merchantId, currency: this.#currency, window, part: 0, workflowId: 'test' };
    return formBatch(this.#db, { ...batch, ...payoutRules }, cause);
  }

  async #pullBack(refund: Sight['refunds'][number] | undefined): Promise<void> {
    if (!refund) return;
    const { intent } = await continueRefund(this.#db, { refundId: refund.id }, cause);
    if (!intent) return;
    const ids = { refundId: refund.id, intentId: intent.intentId };
    if (isRefused(intent.intentId))
      await refusePullBack(this.#db, { ...ids, failureCode: 'insufficient_funds' }, cause);
    else await completePullBack(this.#db, { ...ids, providerId: intent.intentId, providerFeeMinor: 5n }, cause);
  }

  async #honour(refund: Sight['refunds'][number] | undefined): Promise<void> {
    if (refund?.state !== 'WAITING_FOR_MERCHANT') return;
    const { id: subjectId, caseNumber } = refund;
    await twoPeople(this.#db, { subjectType: 'refund', subjectId, caseNumber, kind: 'honour' });
    await honourRefund(this.#db, { refundId: subjectId, caseNumber }, cause);
  }

  async #decide(kind: 'retry' | 'write-off', settlement: Parked | undefined): Promise<void> {
    if (!settlement) return;
    const { id: subjectId, caseNumber } = settlement;
    const decision = { settlementId: subjectId, caseNumber, reason: 'test' };
    if (kind === 'retry') {
      await resumeSettlement(this.#db, decision, cause);
      return;
    }
    await twoPeople(this.#db, { subjectType: 'settlement', subjectId, caseNumber, kind: 'write_off' });
    await writeOffPayout(this.#db, decision, cause);
  }

  async #sweep(): Promise<void> {
    await releaseExpired(this.#db, { limit: 500 }, cause);
    for (const releaseId of await openReleases(this.#db, 500)) await completeRelease(this.#db, { releaseId }, cause);
  }

  async #look(): Promise<Sight> {
    const { rows } = (await this.#db.raw(SIGHT, { merchant: this.#shop.merchantId })) as { rows: [{ sight: Sight }] };
    return rows[0].sight;
  }

  /** Value of each card is somewhere, and in one place. */
  async check(): Promise<void> {
    const cards = await this.#db('gift_cards').whereIn('id', [...this.#cards]);
    for (const card of cards) {
      const { face_minor: face, remaining_minor: remaining, redeemed_minor: redeemed } = card;
      assert.equal(remaining + redeemed - card.refunded_minor + card.released_minor, face, card.id);
    }
  }

  /** Everything that is under way comes to its end, with no card spent further. @throws AssertionError what does not. */
  async finish(): Promise<void> {
    for (let round = 0; round < 40; round += 1) {
      const sight = await this.#look();
      if (sight.settling.length + sight.parked.length + sight.refunds.length + sight.holds.length === 0) return;
      for (const held of sight.holds) await this.#endHold('void', held);
      for (const settlement of sight.parked) await this.#decide('retry', settlement);
      for (const settlement of sight.settling) await this.#answer(settlement);
      for (const refund of sight.refunds) {
        if (refund.state === 'WAITING_FOR_MERCHANT') await this.#honour(refund);
        else await this.#pullBack(refund);
      }
      await this.#batch(randomUUID());
    }
    assert.fail(`is stuck: ${JSON.stringify(await this.#look())}`);
  }
}

const AGO = new Date(0);

const pick = <T>(among: readonly T[], part: number): T | undefined => among[part % Math.max(1, among.length)];
const onSome = async <T>(one: T | undefined, act: (one: T) => Promise<unknown>): Promise<unknown> =>
  one === undefined ? undefined : await act(one);

const many = (of: string): string => `(select coalesce(jsonb_agg(x), '[]') from (${of}) x)`;
const SIGHT = `select jsonb_build_object(
  'redemptions', ${many(`select id, (amount_minor - refunded_minor)::text as left from redemptions
    where merchant_id = :merchant and amount_minor > refunded_minor order by created_at, id`)},
  'holds', ${many(`select id, card_id as "cardId" from card_authorisations where merchant_id = :merchant and state = 'OPEN' order by id`)},
  'settling', ${many(`select id, case_number as "caseNumber" from settlements where merchant_id = :merchant and state = 'SETTLING' order by id`)},
  'parked', ${many(`select id, case_number as "caseNumber" from settlements where merchant_id = :merchant and state = 'NEEDS_ATTENTION' order by id`)},
  'refunds', ${many(`select id, case_number as "caseNumber", state from refunds where merchant_id = :merchant and state <> 'COMPLETED' order by id`)},
  'paid', (select coalesce(jsonb_agg(i.id order by i.id), '[]') from settlement_intents i join settlements s on s.id = i.settlement_id
    where s.merchant_id = :merchant and i.state = 'SUCCEEDED'),
  'pulled', (select coalesce(jsonb_agg(i.id order by i.id), '[]') from refund_intents i join refunds r on r.id = i.refund_id
    where r.merchant_id = :merchant and i.state = 'SUCCEEDED')) as sight`;
