import { z } from 'zod';
import { settlementLines, transfersOf, type ExplainedLine } from '../../db/giftcard/explain-settlement.ts';
import { rateInEffect } from '../../db/giftcard/merchant-rates.ts';
import type { Settlement } from '../../db/giftcard/model.ts';
import { findSettlement, isMerchantOwner } from '../../db/giftcard/queries.ts';
import { DomainError } from '../../domain/errors.ts';
import { explainShares, asText } from '../../domain/settlement-explanation.ts';
import { sharesOfPart, type Terms } from '../../domain/settlement.ts';
import { amountMinor, minorOrZero, uuid } from '../http/amounts.ts';
import { defineRoute, type Route } from '../http/define-route.ts';
import { pageOf, pageQuery } from '../http/paging.ts';
import type { GiftcardApi } from './dependencies.ts';

export const explainSettlementRoutes = ({ db }: GiftcardApi): Route[] => [
  defineRoute({
    method: 'get',
    path: '/v1/settlements/{settlementId}/explanation',
    summary: 'How a settlement came about: rates, inputs, every rounding, and the transfers',
    auth: 'settlement.read',
    params: z.object({ settlementId: uuid }),
    query: z.object(pageQuery),
    responses: { 200: { description: 'Totals, intents, and a page of lines with their transfers' } },
    handler: async ({ params, query, principal }) => {
      const settlement = await findSettlement(db, params.settlementId);
      const visible =
        settlement &&
        (principal.roles.includes('finance') || (await isMerchantOwner(db, settlement.merchant_id, principal.userId)));
      if (!visible) throw new DomainError('settlement_not_found', 'There is no such settlement that you may see.');
      const page = { settlementId: settlement.id, after: query.after, limit: query.limit };
      const lines = pageOf(await settlementLines(db, page), query.limit, ({ id }) => id);
      const transfers = await transfersOf(db, [settlement.id, ...lines.data.map(({ id }) => id)]);
      return {
        status: 200,
        body: {
          ...totalsOf(settlement),
          lines: lines.data.map((line) => explainLine(line, settlement)),
          next: lines.next,
          transfers,
        },
      };
    },
  }),
  defineRoute({
    method: 'post',
    path: '/v1/settlements/quote',
    summary: 'What a redemption would be shared into, at the rate of now; nothing is changed',
    auth: 'settlement.quote',
    body: z.object({
      merchantId: uuid,
      /** The face of the card. */
      faceMinor: amountMinor,
      fundingFeeMinor: minorOrZero.default(0n),
      /** What is redeemed; the whole rest if absent. */
      amountMinor: amountMinor.optional(),
      redeemedBeforeMinor: minorOrZero.default(0n),
    }),
    responses: { 200: { description: 'F, S and M of the redemption, with every rounding' } },
    handler: async ({ body }) => {
      const rate = await rateInEffect(db, body.merchantId);
      if (!rate) throw new DomainError('merchant_not_found', 'There is no such merchant.');
      const { faceMinor, fundingFeeMinor, redeemedBeforeMinor: before } = body;
      const amount = body.amountMinor ?? faceMinor - before;
      if (fundingFeeMinor > faceMinor || amount <= 0n || before + amount > faceMinor)
        throw new DomainError('card_over_redemption', 'The card holds less than that.');
      const terms = { ...rate, faceMinor, fundingFeeMinor };
      return {
        status: 200,
        body: {
          rate: presentRate(rate.version, terms),
          amountMinor: amount.toString(),
          shares: asText(sharesOfPart(before, amount, terms)),
          before: explainShares(before, terms),
          after: explainShares(before + amount, terms),
        },
      };
    },
  }),
];

const totalsOf = (settlement: Settlement) => ({
  settlementId: settlement.id,
  kind: settlement.kind,
  state: settlement.state,
  currency: settlement.currency,
  redemptions: settlement.line_count,
  gross: settlement.gross_minor.toString(),
  fee: settlement.fee_minor.toString(),
  service: settlement.service_minor.toString(),
  merchant: settlement.merchant_minor.toString(),
  carried: settlement.carried_minor.toString(),
  intents: (settlement.intents ?? []).map((intent) => ({
    intentId: intent.id,
    leg: intent.leg,
    number: intent.number,
    amountMinor: intent.amount_minor.toString(),
    state: intent.state,
    failureCode: intent.failure_code,
    payoutFeeMinor: intent.payout_fee_minor?.toString() ?? null,
  })),
});

const presentRate = (version: number | null, { ratePpm, minMinor, maxMinor }: Terms) => ({
  version,
  ratePpm: Number(ratePpm),
  minMinor: minMinor.toString(),
  maxMinor: maxMinor?.toString() ?? null,
});

function explainLine(line: ExplainedLine, settlement: Settlement): Record<string, unknown> {
  const common = { id: line.id, kind: line.kind, grossMinor: line.grossMinor.toString(), shares: asText(line) };
  const terms = termsOf(line);
  if (!terms || line.redeemedBeforeMinor === null) return common;
  const before = line.redeemedBeforeMinor;
  return {
    ...common,
    cardId: line.cardId,
    rate: presentRate(line.rateVersion, terms),
    inputs: {
      faceMinor: terms.faceMinor.toString(),
      fundingFeeMinor: terms.fundingFeeMinor.toString(),
      redeemedBeforeMinor: before.toString(),
    },
    before: explainShares(before, terms),
    after: explainShares(before + line.grossMinor, terms),
    payoutFeeShareMinor: payoutFeeShare(line, settlement)?.toString() ?? null,
  };
}

function termsOf(line: ExplainedLine): Terms | undefined {
  const { faceMinor, fundingFeeMinor, ratePpm, rateMinMinor: minMinor, rateMaxMinor: maxMinor } = line;
  if (faceMinor === null || fundingFeeMinor === null || ratePpm === null || minMinor === null) return undefined;
  return { faceMinor, fundingFeeMinor, ratePpm, minMinor, maxMinor };
}

/** For information: the payout's own fee is the platform's cost and changes nothing of the merchant's. */
function payoutFeeShare(line: ExplainedLine, settlement: Settlement): bigint | undefined {
  const paid = settlement.intents?.find(({ leg, state }) => leg === 'merchant' && state === 'SUCCEEDED');
  if (!paid?.payout_fee_minor || settlement.merchant_minor === 0n) return undefined;
  return (paid.payout_fee_minor * line.merchantMinor) / settlement.merchant_minor;
}
