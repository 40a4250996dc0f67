import { z } from 'zod';
import type { NewPrize } from '../../db/giveaway/create-giveaway.ts';
import { listPrizeUnits, type PrizeGroupView } from '../../db/giveaway/prize-groups.ts';
import { DomainError } from '../../domain/errors.ts';
import { MAX_PRIZE_UNITS } from '../../domain/giveaway-modes.ts';
import { PRIZE_KINDS } from '../../domain/prizes.ts';
import { nameUuid } from '../../domain/ids.ts';
import { sha1 } from '../../runtime/crypto.ts';
import { amountMinor, uuid } from '../http/amounts.ts';
import { defineRoute, type Route } from '../http/define-route.ts';
import type { GiveawayApi } from './dependencies.ts';

const MAX_PRIZES = 100;
const UNNAMED = 'Gift card';

/** What can be won: part of a draft. The first prize goes to the first ranks, and so on. */
export const prizesSchema = {
  prizes: z
    .array(
      z
        .object({
          /** `airtime`: a card that tops up the winner’s phone, of a merchant of airtime. `physical`: the host sends it by post to whoever wins it; no money is set aside for it. */
          kind: z.enum(PRIZE_KINDS).default('gift_card'),
          name: z.string().trim().min(1).max(100).default(UNNAMED),
          description: z.string().trim().max(2_000).default(''),
          /** How many of it there are. */
          quantity: z.int().min(1).max(MAX_PRIZE_UNITS).default(1),
          /** Of a gift card and of airtime, and of nothing else. */
          merchantId: uuid.optional(),
          catalogueItemId: uuid.optional(),
          /** Of a physical prize: what it is worth, for information. */
          amountMinor,
        })
        .superRefine(checkFields),
    )
    .max(MAX_PRIZES),
};

/** A card, also one of airtime, is some merchant's; what is sent has a name of its own. */
function checkFields(
  {
    kind,
    name,
    merchantId,
    catalogueItemId,
  }: Record<'kind' | 'name', string> & {
    merchantId?: string | undefined;
    catalogueItemId?: string | undefined;
  },
  context: z.RefinementCtx,
): void {
  const refuse = (message: string, path: string): void =>
    context.addIssue({ code: 'custom', message, path: [path], params: { code: 'prize_fields_invalid' } });
  const isCard = kind !== 'physical';
  for (const [field, value] of Object.entries({ merchantId, catalogueItemId })) {
    if (isCard && value === undefined)
      refuse('A gift card, and airtime, names its merchant and catalogue item.', field);
    if (!isCard && value !== undefined) refuse('What is sent has no merchant and no catalogue item.', field);
  }
  if (!isCard && name === UNNAMED) refuse('What is sent has a name.', 'name');
}

type PrizeBody = z.output<typeof prizesSchema.prizes>[number];

/** The units of all prizes, in the order in which ranks take them; their ids follow from the giveaway's. */
export function unitsOf(prizes: readonly PrizeBody[], giveawayId: string): NewPrize[] {
  if (prizes.length === 0) throw new DomainError('giveaway_prizes_missing', 'A giveaway has at least one prize.');
  const units = prizes.flatMap((prize, index) => Array.from({ length: prize.quantity }, () => ({ prize, index })));
  return units.map(({ prize, index }, number) => {
    const { kind, description, merchantId, catalogueItemId } = prize;
    const name = kind === 'airtime' && prize.name === UNNAMED ? 'Airtime' : prize.name;
    const unit = {
      id: nameUuid(sha1, 'prize', giveawayId, String(number)),
      faceMinor: prize.amountMinor,
      group: { id: nameUuid(sha1, 'prize-group', giveawayId, String(index)), name, description },
    };
    if (kind === 'physical' || merchantId === undefined || catalogueItemId === undefined)
      return { ...unit, kind: 'physical' };
    return { ...unit, kind, merchantId, catalogueItemId, cardId: nameUuid(sha1, 'card', giveawayId, String(number)) };
  });
}

export const presentPrizeGroup = ({ faceMinor, ...group }: PrizeGroupView) => ({
  ...group,
  amountMinor: faceMinor.toString(),
});

/** A giveaway shows its first units; here are all of them. */
export const prizeUnitsRoute = ({ db }: GiveawayApi): Route =>
  defineRoute({
    method: 'get',
    path: '/v1/giveaways/{giveawayId}/prize-units',
    summary: 'Every unit that can be won, and who it is offered to by rank',
    auth: 'public',
    params: z.object({ giveawayId: uuid }),
    query: z.object({
      limit: z.coerce.number().int().min(1).max(500).default(100),
      after: z.coerce.number().int().min(0).default(0),
    }),
    responses: { 200: { description: 'A page; `next` is the value of `after` for the following one' } },
    handler: async ({ params: { giveawayId }, query }) => {
      const data = await listPrizeUnits(db, giveawayId, query);
      const next = data.length === query.limit ? String(data.at(-1)?.position) : null;
      return { status: 200, body: { data, next } };
    },
  });
