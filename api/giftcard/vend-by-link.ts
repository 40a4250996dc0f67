import { z } from 'zod';
import { findAirtimeCard, listVendsOfCard, type OwnVend } from '../../db/giftcard/vend-airtime.ts';
import { DomainError } from '../../domain/errors.ts';
import { nameUuid } from '../../domain/ids.ts';
import { sha1 } from '../../runtime/crypto.ts';
import type { TopUpGrant } from '../../runtime/top-up-grants.ts';
import { defineRoute, type Route } from '../http/define-route.ts';
import type { GiftcardApi } from './dependencies.ts';
import {
  beginVendOfCard,
  carryVend,
  e164,
  NO_STORE,
  numberOf,
  phone,
  presentVend,
  requireOperator,
} from './start-vend.ts';

/**
 * What the link of a winner's mail is good for, without a log-in: to top up one phone with the airtime that was won, all of it
 * and once. The page gets a grant for that from the giveaway domain; the number comes here and goes nowhere else.
 */

const grant = z.string().min(20).max(2_000);
/** The card is whole again: another number may be given. */
const MAY_BE_REPEATED = new Set<OwnVend['state']>(['FAILED_DEFINITE', 'REVERSED']);
/** So many digits say which number it was, and to nobody else what it is. */
const ENDING_LENGTH = 2;

export const vendByLinkRoutes = (deps: GiftcardApi): Route[] => [
  defineRoute({
    method: 'post',
    path: '/v1/award-top-ups/read',
    summary: 'What has become of the airtime that a link from a mail is about',
    auth: 'public',
    body: z.object({ grant }),
    responses: { 200: { description: 'The newest top-up; null where there is none' } },
    handler: async ({ body }) => {
      const granted = await deps.readTopUpGrant(body.grant);
      const [newest] = await listVendsOfCard(deps.db, (await requireCard(deps, granted)).cardId);
      return { status: 200, body: { topUp: newest ? present(deps, newest) : null }, headers: NO_STORE };
    },
  }),
  defineRoute({
    method: 'post',
    path: '/v1/award-top-ups/check',
    summary: 'Whether this number can be topped up with the airtime that was won; changes nothing',
    auth: 'public',
    body: z.object({ grant, phone }),
    responses: { 200: { description: 'Whose number it is' } },
    handler: async ({ body }) => {
      const granted = await deps.readTopUpGrant(body.grant);
      const number = e164(body.phone);
      const { currency, operators } = await requireCard(deps, granted);
      await deps.phoneLimit.consume(granted.userId);
      const operator = await requireOperator(deps.airtime, number);
      if (operator.currency !== currency || !operators.includes(operator.id))
        throw new DomainError(
          'airtime_operator_not_served',
          `A phone of ${operator.name} (${operator.country}) cannot be topped up with this prize.`,
          { operator: operator.id, country: operator.country },
        );
      return { status: 200, body: { operator: operator.name, country: operator.country }, headers: NO_STORE };
    },
  }),
  defineRoute({
    method: 'post',
    path: '/v1/award-top-ups',
    summary: 'Top up a phone with all of the airtime that was won, with the link from the mail',
    auth: 'public',
    idempotent: true,
    body: z.object({ grant, phone }),
    secretMembers: ['grant', 'phone'],
    responses: { 201: { description: 'Being sent, or sent before: there is one top-up, whatever is said again' } },
    handler: async ({ body, requestId }) => {
      const granted = await deps.readTopUpGrant(body.grant);
      const number = e164(body.phone);
      const vend = await newestOrNext(deps, granted, number, requestId);
      await carryVend(deps, vend, requestId);
      return { status: 201, body: { topUp: presentVend(vend) } };
    },
  }),
];

/**
 * The top-up that stands, and where there is none, or what there was is back on the card: the next one. Its id follows from
 * the card and the count, so that of two at once one is begun.
 */
async function newestOrNext(deps: GiftcardApi, granted: TopUpGrant, number: string, requestId: string) {
  const { awardId, userId } = granted;
  const { cardId, isAssigned } = await requireCard(deps, granted);
  if (!isAssigned) throw new DomainError('card_not_found', 'This prize has to be claimed first.');
  const made = await listVendsOfCard(deps.db, cardId);
  const [newest] = made;
  if (newest && !MAY_BE_REPEATED.has(newest.state)) return newest;
  const vendId = nameUuid(sha1, 'top-up by link', cardId, String(made.length + 1));
  return beginVendOfCard(deps, number, { vendId, cardId, userId }, { actor: `claim-link:${awardId}`, requestId });
}

/** Before it is claimed it is nobody's. @throws DomainError card_not_found, where it has become somebody else's; card_not_airtime. */
async function requireCard({ db }: GiftcardApi, { cardId, userId }: TopUpGrant) {
  const card = await findAirtimeCard(db, cardId);
  if (!card || (card.assigneeId ?? userId) !== userId)
    throw new DomainError('card_not_found', 'This prize is not yours any more.');
  const { operators, currency } = card;
  if (operators === null) throw new DomainError('card_not_airtime', 'This prize is not airtime.', { cardId });
  return { cardId, operators, currency, isAssigned: card.assigneeId !== null };
}

const present = (deps: GiftcardApi, vend: OwnVend) => ({
  ...presentVend(vend),
  phoneEnding: numberOf(deps, vend)?.slice(-ENDING_LENGTH) ?? null,
});
