import { z } from 'zod';
import type { NewPrize } from '../../db/giveaway/create-giveaway.ts';
import type { PrizeGroupView } from '../../db/giveaway/prize-groups.ts';
import { DomainError } from '../../domain/errors.ts';
import { nameUuid } from '../../domain/ids.ts';
import { sha1 } from '../../runtime/crypto.ts';
import { amountMinor, uuid } from '../http/amounts.ts';

const MAX_PRIZES = 100;
const MAX_QUANTITY = 1_000;

/** What can be won: part of a draft. The first prize goes to the first ranks, and so on. */
export const prizesSchema = {
  prizes: z
    .array(
      z.object({
        name: z.string().trim().min(1).max(100).default('Gift card'),
        /** How many of it there are. */
        quantity: z.int().min(1).max(MAX_QUANTITY).default(1),
        merchantId: uuid,
        catalogueItemId: uuid,
        amountMinor,
      }),
    )
    .max(MAX_PRIZES),
};

type PrizeBody = z.output<typeof prizesSchema.prizes>[number];

/** The units of all prizes, in the order in which ranks take them; their ids follow from the giveaway's. */
export function unitsOf(prizes: readonly PrizeBody[], giveawayId: string): NewPrize[] {
  if (prizes.length === 0) throw new DomainError('giveaway_prizes_missing', 'A giveaway has at least one prize.');
  const units = prizes.flatMap((prize, index) => Array.from({ length: prize.quantity }, () => ({ prize, index })));
  return units.map(({ prize, index }, number) => ({
    id: nameUuid(sha1, 'prize', giveawayId, String(number)),
    cardId: nameUuid(sha1, 'card', giveawayId, String(number)),
    merchantId: prize.merchantId,
    catalogueItemId: prize.catalogueItemId,
    faceMinor: prize.amountMinor,
    group: { id: nameUuid(sha1, 'prize-group', giveawayId, String(index)), name: prize.name },
  }));
}

export const presentPrizeGroup = ({ faceMinor, ...group }: PrizeGroupView) => ({
  ...group,
  amountMinor: faceMinor.toString(),
});
