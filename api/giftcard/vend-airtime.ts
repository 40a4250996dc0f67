import { z } from 'zod';
import {
  beginVend,
  findAirtimeCard,
  findVend,
  listVendsOfCard,
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
import { amountMinor, uuid } from '../http/amounts.ts';
import { startWorkflow } from '../http/await-workflow.ts';
import { defineRoute, type Reply, type Route } from '../http/define-route.ts';
import type { GiftcardApi } from './dependencies.ts';

const card = z.object({ cardId: uuid });
const phone = z.string().trim().min(4).max(32);
/** Who has it is nobody else's business, and it is in no log and no key. */
const NO_STORE = { 'cache-control': 'no-store' };

export const vendAirtimeRoutes = (deps: GiftcardApi): Route[] => [
  defineRoute({
    method: 'post',
    path: '/v1/airtime/operators/look-up',
    summary: 'Whose number it is, and what it can be topped up by',
    auth: 'airtime.vend',
    body: z.object({ phone }),
    responses: { 200: { description: 'The operator and its offer' } },
    handler: async ({ body, principal }) => {
      await deps.phoneLimit.consume(principal.userId);
      return {
        status: 200,
        body: presentOperator(await requireOperator(deps.airtime, e164(body.phone))),
        headers: NO_STORE,
      };
    },
  }),
  defineRoute({
    method: 'post',
    path: '/v1/gift-cards/{cardId}/top-ups',
    summary: 'Top up a phone with a card of mine: its value, or a part of it',
    auth: 'airtime.vend',
    idempotent: true,
    params: card,
    body: z.object({
      phone,
      /** All that is left on the card where it is absent. */
      amountMinor: amountMinor.optional(),
      /** As the look-up named it; where it is absent the provider is asked. */
      operator: z.string().max(64).optional(),
    }),
    secretMembers: ['phone'],
    responses: { 201: { description: 'Being sent: look again at the link' } },
    handler: async ({ params: { cardId }, body, resourceId: vendId, principal, actor, requestId }) => {
      const number = e164(body.phone);
      const begun =
        (await findVend(deps.db, vendId)) ??
        (await begin(deps, number, { ...body, vendId, cardId, userId: principal.userId }, { actor, requestId }));
      await carry(deps, begun, requestId);
      return { status: 201, body: presentVend(begun), headers: { location: `/v1/top-ups/${vendId}` } };
    },
  }),
  defineRoute({
    method: 'get',
    path: '/v1/gift-cards/{cardId}/top-ups',
    summary: 'Top-ups of a card of mine, the newest first',
    auth: 'airtime.vend',
    params: card,
    responses: { 200: { description: 'Top-ups, without numbers' } },
    handler: async ({ params: { cardId }, principal }) => {
      await requireOwnCard(deps, cardId, principal.userId);
      const vends = (await listVendsOfCard(deps.db, cardId)).filter(({ userId }) => userId === principal.userId);
      return { status: 200, body: { data: vends.map(presentVend) } };
    },
  }),
  defineRoute({
    method: 'get',
    path: '/v1/top-ups/{vendId}',
    summary: 'One top-up of mine, with its number as long as it is kept',
    auth: 'airtime.vend',
    params: z.object({ vendId: uuid }),
    responses: { 200: { description: 'The top-up' } },
    handler: async ({ params: { vendId }, principal }): Promise<Reply> => {
      const vend = await findVend(deps.db, vendId);
      if (vend?.userId !== principal.userId)
        throw new DomainError('airtime_vend_not_found', 'There is no such top-up of yours.');
      return { status: 200, body: { ...presentVend(vend), phone: numberOf(deps, vend) }, headers: NO_STORE };
    },
  }),
];

/** Before anything is written: whose number it is. */
async function begin(
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
const carry = ({ temporal, budgetMs }: GiftcardApi, { vendId, cardId, merchantId }: Vend, requestId: string) =>
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
async function requireOwnCard({ db }: GiftcardApi, cardId: string, userId: string): Promise<CardOfAirtime> {
  const found = await findAirtimeCard(db, cardId);
  if (found?.assigneeId !== userId) throw new DomainError('card_not_found', 'There is no such card of yours.');
  if (found.operators === null) throw new DomainError('card_not_airtime', 'This card is not for airtime.', { cardId });
  return found;
}

async function requireOperator(airtime: AirtimePort, number: string): Promise<AirtimeOperator> {
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
function e164(text: string): string {
  const number = parsePhone(text);
  if (number === undefined)
    throw new DomainError('phone_invalid', 'This is no phone number with its country, e.g. +4915112345678.');
  return number;
}

const presentOperator = ({ offer, ...operator }: AirtimeOperator) => ({
  ...operator,
  offer:
    offer.kind === 'fixed'
      ? { kind: offer.kind, amountsMinor: offer.amountsMinor.map(String) }
      : { kind: offer.kind, minMinor: offer.minMinor.toString(), maxMinor: offer.maxMinor.toString() },
});

/** What the winner sees; what it says within the house stays there. */
const presentVend = (vend: Vend) => ({
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

const numberOf = ({ phones }: GiftcardApi, { vendId, phoneSealed }: OwnVend): string | null =>
  phoneSealed === null ? null : phones.open(phoneSealed, phoneAad(vendId)).toString('utf8');
