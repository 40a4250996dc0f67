import { z } from 'zod';
import {
  changeAwardAddress,
  confirmDelivery,
  exportDeliveries,
  giveUpDelivery,
  reportUndeliverable,
  shipPrize,
  shipPrizes,
  type DeliveryRow,
} from '../../db/giveaway/deliver-prize.ts';
import { addressAad, type PostalAddress } from '../../domain/postal-address.ts';
import type { SecretBox } from '../../runtime/secret-box.ts';
import { uuid } from '../http/amounts.ts';
import { csvReply } from '../http/csv.ts';
import { defineRoute, type Route } from '../http/define-route.ts';
import type { GiveawayApi } from './dependencies.ts';
import { requireOwnGiveaway } from './own-giveaway.ts';
import { requireJudge } from './review-participants.ts';

/** One line of an address: no line break or other control character, so that a label stays what it is. */
const line = (max: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(max)
    .regex(/^[^\p{Cc}\p{Zl}\p{Zp}]+$/u, 'expected one line of text');
const optionalLine = (max: number) => line(max).nullable().default(null);

export const postalAddress = z.object({
  name: line(100),
  line1: line(100),
  line2: optionalLine(100),
  city: line(100),
  region: optionalLine(100),
  postalCode: z
    .string()
    .trim()
    .regex(/^[A-Za-z0-9][A-Za-z0-9 -]{0,14}$/, 'expected a postal code')
    .nullable()
    .default(null),
  /** ISO 3166-1 alpha-2. */
  country: z.string().regex(/^[A-Z]{2}$/, 'expected a country as two capitals'),
  /** For the carrier. */
  phone: z
    .string()
    .regex(/^\+[1-9]\d{6,14}$/, 'expected a number like +4915112345678')
    .nullable()
    .default(null),
}) satisfies z.ZodType<PostalAddress>;

const shipment = { carrier: line(60), trackingNumber: line(100) };
/** In one transaction. */
const MAX_SHIPMENTS = 500;

const award = z.object({ awardId: uuid });
const awardOfMine = z.object({ giveawayId: uuid, awardId: uuid });
const reason = z.string().trim().min(3).max(500);
const delivery = (description: string) => ({ 200: { description } });

export const deliverPrizeRoutes = (api: GiveawayApi): Route[] => [...winnerRoutes(api), ...hostRoutes(api)];

const winnerRoutes = ({ db, addresses }: GiveawayApi): Route[] => [
  defineRoute({
    method: 'put',
    path: '/v1/awards/{awardId}/address',
    summary: 'Say anew where my prize is to be sent to, until it is on its way',
    auth: 'award.claim',
    idempotent: true,
    params: award,
    body: postalAddress,
    secretMembers: Object.keys(postalAddress.shape),
    responses: delivery('It will be sent there'),
    handler: async ({ params: { awardId }, body, principal, actor, requestId }) => {
      const address = addresses.seal(JSON.stringify(body), addressAad(awardId));
      const input = { awardId, participantId: principal.userId, address };
      const { giveawayId, state } = await changeAwardAddress(db, input, { actor, requestId });
      return { status: 200, body: { awardId, giveawayId, state } };
    },
  }),
  defineRoute({
    method: 'post',
    path: '/v1/awards/{awardId}/received',
    summary: 'Say that my prize has arrived',
    auth: 'award.claim',
    idempotent: true,
    params: award,
    responses: delivery('Fulfilled'),
    handler: async ({ params, principal, actor, requestId }) => {
      const input = { ...params, participantId: principal.userId };
      return { status: 200, body: await confirmDelivery(db, input, { actor, requestId }) };
    },
  }),
];

const hostRoutes = ({ db, addresses }: GiveawayApi): Route[] => [
  defineRoute({
    method: 'get',
    path: '/v1/giveaways/{giveawayId}/deliveries.csv',
    summary: 'Where the prizes of my giveaway are to be sent to, and how far they have come',
    auth: 'giveaway.manage',
    params: z.object({ giveawayId: uuid }),
    responses: { 200: { description: 'CSV, streamed: verified claims, by rank' } },
    handler: async ({ params: { giveawayId }, principal, actor, log }) => {
      await requireOwnGiveaway(db, giveawayId, principal);
      log.info({ giveawayId, actor }, 'addresses of winners are read');
      return csvReply(`deliveries-${giveawayId}.csv`, HEADER, rowsOf(exportDeliveries(db, giveawayId), addresses));
    },
  }),
  defineRoute({
    method: 'put',
    path: '/v1/giveaways/{giveawayId}/awards/{awardId}/shipment',
    summary: 'Say with whom a prize travels: when it is sent, to correct that, and when it is sent again',
    auth: 'giveaway.manage',
    idempotent: true,
    params: awardOfMine,
    body: z.object(shipment),
    responses: delivery('On its way; the winner is told'),
    handler: async ({ params, body, principal, actor, requestId }) => {
      await requireOwnGiveaway(db, params.giveawayId, principal);
      return { status: 200, body: await shipPrize(db, { ...params, ...body }, { actor, requestId }) };
    },
  }),
  defineRoute({
    method: 'post',
    path: '/v1/giveaways/{giveawayId}/shipments',
    summary: 'The same for many prizes; what is refused for one of them holds up no other',
    auth: 'giveaway.manage',
    idempotent: true,
    params: z.object({ giveawayId: uuid }),
    body: z.object({
      shipments: z
        .array(z.object({ awardId: uuid, ...shipment }))
        .min(1)
        .max(MAX_SHIPMENTS),
    }),
    responses: delivery('By award: the code of the refusal, or null where it is on its way'),
    handler: async ({ params, body, principal, actor, requestId }) => {
      await requireOwnGiveaway(db, params.giveawayId, principal);
      return { status: 200, body: { data: await shipPrizes(db, { ...params, ...body }, { actor, requestId }) } };
    },
  }),
  defineRoute({
    method: 'post',
    path: '/v1/giveaways/{giveawayId}/awards/{awardId}/delivered',
    summary: 'Say that a prize has arrived',
    auth: 'giveaway.judge',
    idempotent: true,
    params: awardOfMine,
    responses: delivery('Fulfilled'),
    handler: async ({ params, principal, actor, requestId }) => {
      await requireJudge(db, params.giveawayId, principal);
      return { status: 200, body: await confirmDelivery(db, params, { actor, requestId }) };
    },
  }),
  defineRoute({
    method: 'post',
    path: '/v1/giveaways/{giveawayId}/awards/{awardId}/undeliverable',
    summary: 'Say that a prize came back or is lost: it is sent again, or given up',
    auth: 'giveaway.judge',
    idempotent: true,
    params: awardOfMine,
    body: z.object({ reason }),
    responses: delivery('It waits for a decision'),
    handler: async ({ params, body, principal, actor, requestId }) => {
      await requireJudge(db, params.giveawayId, principal);
      return { status: 200, body: await reportUndeliverable(db, { ...params, ...body }, { actor, requestId }) };
    },
  }),
  defineRoute({
    method: 'post',
    path: '/v1/giveaways/{giveawayId}/awards/{awardId}/give-up',
    summary: 'Decide that a winner cannot be reached: the prize goes to the next rank. Not for the host',
    auth: 'giveaway.judge',
    idempotent: true,
    params: awardOfMine,
    body: z.object({ reason }),
    responses: delivery('The award has ended'),
    handler: async ({ params, body, principal, actor, requestId }) => {
      const byHost = await requireJudge(db, params.giveawayId, principal);
      return { status: 200, body: await giveUpDelivery(db, { ...params, ...body, byHost }, { actor, requestId }) };
    },
  }),
];

const HEADER = [
  'rank',
  'prize',
  'award_state',
  'delivery_state',
  'name',
  'line1',
  'line2',
  'city',
  'region',
  'postal_code',
  'country',
  'phone',
  'carrier',
  'tracking_number',
  'shipped_at',
  'problem',
  'award_id',
];

async function* rowsOf(pieces: AsyncIterable<DeliveryRow[]>, addresses: SecretBox) {
  for await (const rows of pieces) yield rows.map((row) => cellsOf(row, openAddress(row, addresses)));
}

function openAddress({ awardId, addressSealed }: DeliveryRow, addresses: SecretBox): PostalAddress | undefined {
  if (addressSealed === null) return undefined;
  return JSON.parse(addresses.open(addressSealed, addressAad(awardId)).toString('utf8')) as PostalAddress;
}

const cellsOf = (row: DeliveryRow, to: PostalAddress | undefined) => [
  row.rank,
  row.prize,
  row.awardState,
  row.state,
  to?.name ?? null,
  to?.line1 ?? null,
  to?.line2 ?? null,
  to?.city ?? null,
  to?.region ?? null,
  to?.postalCode ?? null,
  to?.country ?? null,
  to?.phone ?? null,
  row.carrier,
  row.trackingNumber,
  row.shippedAt,
  row.problem,
  row.awardId,
];
