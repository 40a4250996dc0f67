import { randomUUID } from 'node:crypto';
import type { Database } from '../../../db/connect.ts';
import { assignGiftCard } from '../../../db/giftcard/assign-gift-card.ts';
import type { PayoutSchedule } from '../../../db/giftcard/register-merchant.ts';
import { postEscrow, reserveEscrow } from '../../../db/giftcard/reserve-escrow.ts';
import { createCardCodes, type CardCodes } from '../../../runtime/card-codes.ts';
import { loadConfig } from '../../../runtime/config.ts';
import type { Stack } from '../../../scripts/stack/stack.ts';
import { cause, openCardShop, type CardShop } from '../../support/cards.ts';
import { tokenIssuer } from '../harness/issue-tokens.ts';
import { runLoad } from '../harness/run-load.ts';

/** What a till needs to redeem one card. */
export interface TillCard {
  readonly cardId: string;
  readonly code: string;
  readonly merchantId: string;
  readonly token: string;
}

export interface PrepareCards {
  readonly count: number;
  /** How many merchants share them. */
  readonly shops?: number;
  readonly payoutSchedule: PayoutSchedule;
}

const FACE_MINOR = 10_000n;
const FUNDING_FEE_MINOR = 250n;
/** The limit of codes that one user may try is by the minute: many tills share the load, as in life. */
const MANY_SHOPS = 100;
const RESERVED_AT_ONCE = 100;
const CALLERS = 8;

/** Cards of many merchants, funded, in escrow and assigned, by the product's own commands straight in the database. */
export async function prepareCards(
  db: Database,
  stack: Stack,
  { count, shops: shopCount = MANY_SHOPS, payoutSchedule }: PrepareCards,
): Promise<TillCard[]> {
  const config = loadConfig(['cardCodes'], stack.environment);
  const codes = createCardCodes(config.CARD_CODE_KEYS, config.CARD_CODE_LOOKUP_KEY);
  const issue = await tokenIssuer(stack);
  const shops: (CardShop & { readonly token: string })[] = [];
  for (let index = 0; index < shopCount; index += 1) {
    const shop = await openCardShop(db, { payoutSchedule });
    shops.push({ ...shop, token: await issue(shop.ownerId, 'merchant') });
  }
  const cards: TillCard[] = [];
  const perShop = Math.ceil(count / shopCount);
  await runLoad({
    callers: CALLERS,
    count: shopCount,
    call: async (number) => {
      const shop = shops[number];
      if (!shop) throw new Error('One call for each shop');
      for (let left = perShop; left > 0; left -= RESERVED_AT_ONCE) {
        for (const cardId of await reserveCards(db, shop, Math.min(left, RESERVED_AT_ONCE))) {
          const code = await assignCard(db, codes, cardId);
          cards.push({ cardId, code, merchantId: shop.merchantId, token: shop.token });
        }
      }
    },
  });
  return takeTurnsOfShops(cards).slice(0, count);
}

async function reserveCards(db: Database, { merchantId, itemId }: CardShop, count: number): Promise<string[]> {
  const cardIds = Array.from({ length: count }, () => randomUUID());
  const reservationId = randomUUID();
  const cards = cardIds.map((cardId) => ({ cardId, merchantId, catalogueItemId: itemId, faceMinor: FACE_MINOR }));
  const total = BigInt(count);
  const amounts = { grossMinor: FACE_MINOR * total, fundingFeeMinor: FUNDING_FEE_MINOR * total };
  const whose = { reservationId, giveawayId: null, hostId: randomUUID(), currency: 'USD' };
  await reserveEscrow(db, { ...whose, ...amounts, cards }, cause);
  await postEscrow(db, reservationId, cause);
  return cardIds;
}

async function assignCard(db: Database, codes: CardCodes, cardId: string): Promise<string> {
  const code = codes.create(cardId);
  await assignGiftCard(db, { cardId, awardId: randomUUID(), assigneeId: randomUUID(), code }, cause);
  return codes.reveal(cardId, code.sealed);
}

/** One card of each shop, then the next of each. */
function takeTurnsOfShops(cards: readonly TillCard[]): TillCard[] {
  const byShop = [...Map.groupBy(cards, ({ merchantId }) => merchantId).values()];
  const most = Math.max(...byShop.map(({ length }) => length));
  return Array.from({ length: most }, (_, index) => byShop.flatMap((own) => own.slice(index, index + 1))).flat();
}
