import { z } from 'zod';
import {
  beginVend,
  findAirtimeCard,
  type BeginVend,
  type CardOfAirtime,
  type OwnVend,
  type Vend,
  type VendStep,
} from '../../db/giftcard/vend-airtime.ts';
import { DomainError } from '../../domain/errors.ts';
import { phoneAad } from '../../domain/phone-number.ts';
import type { AirtimeOperator, AirtimePort } from '../../providers/airtime/port.ts';
import { parsePhone } from '../../runtime/phone-numbers.ts';
import { VEND_AIRTIME, vendAirtimeId, type VendAirtimeInput } from '../../workflows/giftcard/airtime.contract.ts';
import { GIFTCARD_TASK_QUEUE } from '../../workflows/giftcard/contract.ts';
import { startWorkflow } from '../http/await-workflow.ts';
import type { GiftcardApi } from './dependencies.ts';

/** What a top-up takes, whoever asks for it: its holder, or whoever has the link of a winner's mail. */

export const phone = z.string().trim().min(4).max(32);
/** Who has it is nobody else's business, and it is in no log and no key. */
export const NO_STORE = { 'cache-control': 'no-store' };

/** Before anything is written: whose number it is. */
export async function beginVendOfCard(
  deps: GiftcardApi,
  number: string,
  asked: Omit<BeginVend, 'phone' | 'operator' | 'amountMinor'> & {
    readonly amountMinor?: bigint | undefined;
    readonly operator?: string | undefined;
  },
  cause: { readonly actor: string; readonly requestId: string },
): Promise<VendStep> {
  const { vendId, cardId, userId } = asked;
  const own = await requireOwnCard(deps, cardId, userId);
  const operator = asked.operator ?? (await operatorFor(deps, own, number, userId));
  const sealed = deps.phones.seal(number, phoneAad(vendId));
  return beginVend(
    deps.db,
    { vendId, cardId, userId, operator, phone: sealed, amountMinor: asked.amountMinor ?? null },
    cause,
  );
}

/** @throws DomainError airtime_operator_unknown, airtime_operator_not_served, service_unavailable, rate_limited. */
async function operatorFor(deps: GiftcardApi, own: CardOfAirtime, number: string, userId: string): Promise<string> {
  await deps.phoneLimit.consume(userId);
  const { id, currency } = await requireOperator(deps.airtime, number);
  if (currency !== own.currency)
    throw new DomainError('airtime_operator_not_served', 'This operator is topped up in another currency.', {
      operator: id,
      currency,
    });
  return id;
}

/** Whoever gave it up half-way, or lost the answer, sends the same again; else the owner sweep finds it. */
export const carryVend = (
  { temporal, budgetMs }: GiftcardApi,
  { vendId, cardId, merchantId }: Vend,
  requestId: string,
) =>
  startWorkflow(temporal, {
    workflowType: VEND_AIRTIME,
    workflowId: vendAirtimeId(vendId),
    taskQueue: GIFTCARD_TASK_QUEUE,
    args: [{ vendId, requestId } satisfies VendAirtimeInput],
    summary: `Top up a phone with card ${cardId}`,
    searchAttributes: { CardId: cardId, MerchantId: merchantId, RequestId: requestId },
    memo: { requestId },
    budgetMs,
  });

/** @throws DomainError card_not_found, also for somebody else's; card_not_airtime. */
export async function requireOwnCard({ db }: GiftcardApi, cardId: string, userId: string): Promise<CardOfAirtime> {
  const found = await findAirtimeCard(db, cardId);
  if (found?.assigneeId !== userId) throw new DomainError('card_not_found', 'There is no such card of yours.');
  if (found.operators === null) throw new DomainError('card_not_airtime', 'This card is not for airtime.', { cardId });
  return found;
}

export async function requireOperator(airtime: AirtimePort, number: string): Promise<AirtimeOperator> {
  const answer = await airtime.findOperator(number);
  switch (answer.kind) {
    case 'found':
      return answer.operator;
    case 'none':
      throw new DomainError('airtime_operator_unknown', 'Nobody who could be topped up has this number.');
    case 'unknown':
      throw new DomainError('service_unavailable', 'Nobody can say whose number it is. Send the same request again.');
  }
}

/** @throws DomainError phone_invalid. */
export function e164(text: string): string {
  const number = parsePhone(text);
  if (number === undefined)
    throw new DomainError('phone_invalid', 'This is no phone number with its country, e.g. +4915112345678.');
  return number;
}

/** What the winner sees; what it says within the house stays there. */
export const presentVend = (vend: Vend) => ({
  vendId: vend.vendId,
  cardId: vend.cardId,
  currency: vend.currency,
  amountMinor: vend.amountMinor,
  operator: vend.operator,
  state: vend.state,
  failureCode: vend.state === 'FAILED_DEFINITE' ? vend.failureCode : null,
  createdAt: vend.createdAt,
  updatedAt: vend.updatedAt,
});

export const numberOf = ({ phones }: GiftcardApi, { vendId, phoneSealed }: OwnVend): string | null =>
  phoneSealed === null ? null : phones.open(phoneSealed, phoneAad(vendId)).toString('utf8');
