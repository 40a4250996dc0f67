import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkGiftcards } from '../../db/giftcard/audit.ts';
import { resumeSettlement, writeOffPayout } from '../../db/giftcard/decide-settlement.ts';
import {
  completeLeg,
  nextStep,
  parkSettlement,
  refuseLeg,
  type SettlementStep,
} from '../../db/giftcard/pay-settlement.ts';
import { findCard } from '../../db/giftcard/queries.ts';
import { redeemGiftCard } from '../../db/giftcard/redeem-gift-card.ts';
import { reversePayout } from '../../db/giftcard/reverse-payout.ts';
import { requestRefund } from '../../db/giftcard/refund-redemption.ts';
import { checkLedger } from '../../db/ledger/audit.ts';
import { secondDecision } from '../../db/platform/second-decision.ts';
import { twice } from '../commands/twice.ts';
import { cause, issueCard, openCardShop, payoutRules, redemptionOf, type CardShop } from '../support/cards.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

describe('decisions about a payout', () => {
  let test: TestDatabase;
  let shop: CardShop;

  beforeAll(async () => {
    test = await createTestDatabase('giftcard');
    shop = await openCardShop(test.db);
  });
  afterAll(() => test.drop());

  async function redeem(): Promise<SettlementStep> {
    const cardId = await issueCard(test.db, shop);
    const { step } = await redeemGiftCard(test.db, redemptionOf(cardId, shop), cause);
    if (!step) throw new Error('A settlement of its own is missing');
    return step;
  }
  const pay = ({ settlementId, intent }: SettlementStep) =>
    completeLeg(
      test.db,
      { settlementId, intentId: intent?.intentId ?? '', providerId: randomUUID(), payoutFeeMinor: 25n, ...payoutRules },
      cause,
    );
  /** A settlement whose merchant leg was refused, with its open case. */
  async function parked(): Promise<{ settlementId: string; caseNumber: number; reason: string }> {
    const { settlementId, intent } = await redeem();
    await refuseLeg(test.db, { settlementId, intentId: intent?.intentId ?? '', failureCode: 'account_closed' }, cause);
    const { caseNumber } = await parkSettlement(test.db, { settlementId, reason: 'account_closed' }, cause);
    return { settlementId, caseNumber, reason: 'decided' };
  }
  const next = (settlementId: string) => nextStep(test.db, { settlementId, ...payoutRules }, cause);
  const ask = (settlementId: string, caseNumber: number, actor: string) =>
    secondDecision(
      test.db,
      {
        decisionId: randomUUID(),
        subjectType: 'settlement',
        subjectId: settlementId,
        caseNumber,
        kind: 'write_off',
        reason: 'gone',
      },
      { actor, requestId: 'test' },
    );
  const balance = async (type: string): Promise<bigint> => {
    const row = await test
      .db('ledger_balances')
      .where({ type, owner_id: shop.merchantId })
      .first<{ credits_posted: bigint; debits_posted: bigint }>();
    return row ? row.credits_posted - row.debits_posted : 0n;
  };

  it('pays to another account, as a new intent', async () => {
    const decision = await parked();
    await twice(test.db, () => resumeSettlement(test.db, { ...decision, payoutAccount: 'acct_new' }, cause));
    const step = await next(decision.settlementId);
    expect(step.intent).toMatchObject({ leg: 'merchant', destinationAccount: 'acct_new', state: 'SENT' });
    await pay(await pay(step));
  });

  it('does not pay elsewhere what may still arrive', async () => {
    const { settlementId } = await redeem();
    const { caseNumber } = await parkSettlement(test.db, { settlementId, reason: 'unknown' }, cause);
    const amended = { settlementId, caseNumber, reason: 'moved', payoutAccount: 'acct_new' };
    const open = { code: 'settlement_intent_open' };
    await expect(resumeSettlement(test.db, amended, cause)).rejects.toMatchObject(open);
    await ask(settlementId, caseNumber, 'user:one');
    await ask(settlementId, caseNumber, 'user:two');
    await expect(writeOffPayout(test.db, amended, cause)).rejects.toMatchObject(open);
    await resumeSettlement(test.db, { settlementId, caseNumber, reason: 'asked' }, cause);
    await pay(await pay(await next(settlementId)));
  });

  it('gives a payout up when two people say so, and owes it as unclaimed', async () => {
    const decision = await parked();
    const writeOff = () => writeOffPayout(test.db, decision, cause);
    await ask(decision.settlementId, decision.caseNumber, 'user:one');
    await expect(writeOff()).rejects.toMatchObject({ code: 'second_person_missing' });
    await ask(decision.settlementId, decision.caseNumber, 'user:two');
    const before = await balance('unclaimed');
    await twice(test.db, writeOff);
    expect(await balance('unclaimed')).toBe(before + 9_262n);
    const step = await next(decision.settlementId);
    expect(step.intent).toMatchObject({ leg: 'platform', amountMinor: '488' });
    expect(await pay(step)).toMatchObject({ state: 'SETTLED' });
  });

  it('gives a refund of what was given up out of what is unclaimed: the merchant has had none of it', async () => {
    const decision = await parked();
    for (const actor of ['user:one', 'user:two']) await ask(decision.settlementId, decision.caseNumber, actor);
    const before = await balance('unclaimed');
    await writeOffPayout(test.db, decision, cause);
    await pay(await next(decision.settlementId));
    const settlement = await test
      .db('settlements')
      .where({ id: decision.settlementId })
      .first('redemption_id', 'card_id');
    const refund = {
      refundId: randomUUID(),
      redemptionId: settlement.redemption_id,
      amountMinor: 4_000n,
      reason: 'returned',
    };
    const owed = await balance('merchant:payable');
    // 9262 − 5558, which is M of the 6000 that stay redeemed.
    const done = await twice(test.db, () => requestRefund(test.db, refund, cause));
    expect(done).toMatchObject({ state: 'COMPLETED', way: 'before_payout', intent: null, merchantMinor: '3704' });
    expect([await balance('unclaimed'), await balance('merchant:payable')]).toEqual([before + 9_262n - 3_704n, owed]);
    expect(await findCard(test.db, settlement.card_id)).toMatchObject({ remaining_minor: 4_000n });
  });

  it('owes again what came back, names the transfer it reverses, and asks a person', async () => {
    const merchant = await redeem();
    const platform = await pay(merchant);
    await pay(platform);
    const owed = await balance('merchant:payable');
    const input = { intentId: merchant.intent?.intentId ?? '', workflowId: 'giftcard.reversal/test' };
    const reversed = await twice(test.db, () => reversePayout(test.db, input, cause));
    expect(reversed).toMatchObject({ state: 'NEEDS_ATTENTION', reason: 'payout_reversed', caseNumber: 1, mine: true });
    expect(await balance('merchant:payable')).toBe(owed + 9_262n);
    const [reversal] = await test.db('ledger_transfers').where({ code: 'settle.reversal' });
    const original = await test.db('ledger_transfers').where({ id: reversal.corrects_id }).first();
    expect(original).toMatchObject({ kind: 'post', code: 'settle.merchant.post' });
    const { settlementId } = merchant;
    await resumeSettlement(test.db, { settlementId, caseNumber: 1, reason: 'account mended' }, cause);
    const again = await next(settlementId);
    expect(again.intent).toMatchObject({ leg: 'merchant', amountMinor: '9262' });
    expect(again.intent?.intentId).not.toBe(input.intentId);
    // The platform's leg stands: it is not paid twice.
    expect(await pay(again)).toMatchObject({ state: 'SETTLED', intent: null });
  });

  it('keeps the invariants', async () => {
    const lines = [...(await checkLedger(test.db, 'giftcard')), ...(await checkGiftcards(test.db))];
    expect(lines.filter(({ broken }) => broken > 0)).toEqual([]);
  });
});
