import { randomUUID } from 'node:crypto';
import type { Database } from '../../../db/connect.ts';
import { assignGiftCard } from '../../../db/giftcard/assign-gift-card.ts';
import type { PayoutSchedule } from '../../../db/giftcard/register-merchant.ts';
import { postEscrow, reserveEscrow } from '../../../db/giftcard/reserve-escrow.ts';
import { holdWallet, postWalletHold } from '../../../db/wallet/hold-wallet.ts';
import { createCardCodes, type CardCodes } from '../../../runtime/card-codes.ts';
import { loadConfig } from '../../../runtime/config.ts';
import type { Stack } from '../../../scripts/stack/stack.ts';
import { cause, openCardShop, type CardShop } from '../../support/cards.ts';
import { withDatabase } from '../harness/databases.ts';
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
  /** Whose money it is. */
  readonly hostId: string;
  readonly count: number;
  /** How many merchants share them. */
  readonly shops?: number;
  readonly payoutSchedule: PayoutSchedule;
}

const FACE_MINOR = 10_000n;
/** The limit of codes that one user may try is by the minute: many tills share the load, as in life. */
const MANY_SHOPS = 100;
const RESERVED_AT_ONCE = 100;
const CALLERS = 8;

/** Cards of many merchants, funded, in escrow and assigned, by the product's own commands straight in both databases. */
export async function prepareCards(
  db: Database,
  stack: Stack,
  { hostId, count, shops: shopCount = MANY_SHOPS, payoutSchedule }: PrepareCards,
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
  await withDatabase(stack.environment['DATABASE_URL_GIVEAWAY'] ?? '', CALLERS, (giverDb) =>
    runLoad({
      callers: CALLERS,
      count: shopCount,
      call: async (number) => {
        const shop = shops[number];
        if (!shop) throw new Error('One call for each shop');
        for (let left = perShop; left > 0; left -= RESERVED_AT_ONCE) {
          const reserved = { hostId, shop, count: Math.min(left, RESERVED_AT_ONCE) };
          for (const cardId of await reserveCards({ giverDb, db }, reserved)) {
            const code = await assignCard(db, codes, cardId);
            cards.push({ cardId, code, merchantId: shop.merchantId, token: shop.token });
          }
        }
      },
    }),
  );
  return takeTurnsOfShops(cards).slice(0, count);
}

interface Reserve {
  readonly hostId: string;
  readonly shop: CardShop;
  readonly count: number;
}

/** The giver first, as a publish does: each transfer of one book is there on the other. */
async function reserveCards(
  { giverDb, db }: { readonly giverDb: Database; readonly db: Database },
  { hostId, shop: { merchantId, itemId }, count }: Reserve,
): Promise<string[]> {
  const cardIds = Array.from({ length: count }, () => randomUUID());
  const id = randomUUID();
  const cards = cardIds.map((cardId) => ({ cardId, merchantId, catalogueItemId: itemId, faceMinor: FACE_MINOR }));
  const whose = { giveawayId: null, hostId, currency: 'USD', grossMinor: FACE_MINOR * BigInt(count) };
  const { feeMinor } = await holdWallet(giverDb, { id, ...whose }, cause);
  await reserveEscrow(db, { reservationId: id, ...whose, fundingFeeMinor: BigInt(feeMinor), cards }, cause);
  await postWalletHold(giverDb, id, cause);
  await postEscrow(db, id, cause);
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
