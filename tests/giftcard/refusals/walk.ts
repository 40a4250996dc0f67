import { randomUUID } from 'node:crypto';
import { giftcardApiRoutes } from '../../../api/giftcard/app.ts';
import type { Database } from '../../../db/connect.ts';
import { assignGiftCard } from '../../../db/giftcard/assign-gift-card.ts';
import type { Role } from '../../../domain/roles.ts';
import { createCardCodes } from '../../../runtime/card-codes.ts';
import { cause, issueCard, openCardShop, type CardShop } from '../../support/cards.ts';
import { createTestDatabase } from '../../support/database.ts';
import { startHttpApp, testKeys } from '../../support/http-app.ts';
import type { Refused } from '../../support/refusals.ts';

const ring = [{ id: 'k', key: Buffer.alloc(32, 3) }];
const codes = createCardCodes(ring, ring);

export interface Someone {
  readonly id: string;
  readonly token: string;
}

export interface CodedCard {
  readonly cardId: string;
  readonly code: string;
  readonly assigneeId: string;
}

export interface Walk {
  readonly db: Database;
  readonly shop: CardShop;
  readonly merchant: Someone;
  readonly finance: readonly [Someone, Someone];
  person(...roles: Role[]): Promise<Someone>;
  /** Of the shop, with a code that somebody knows. */
  card(): Promise<CodedCard>;
  call(method: 'GET' | 'POST' | 'PATCH', path: string, who: Someone, body?: object, key?: string): Refused;
  stop(): Promise<void>;
}

/** Every call of the giftcard API that needs no workflow, over HTTP, for a merchant who is paid by the day. */
export async function startWalk(): Promise<Walk> {
  const test = await createTestDatabase('giftcard');
  const { db } = test;
  const keys = await testKeys(3_600_000);
  const deps = { db, budgetMs: 2_000, codes, codeLimit: { consume: () => Promise.resolve() } };
  const app = await startHttpApp(db, keys, { routes: giftcardApiRoutes(deps as never) });
  const tokenOf = async (id: string, roles: Role[]): Promise<Someone> => ({
    id,
    token: await keys.issuer.issue({ userId: id, sessionId: randomUUID(), roles }),
  });
  const person: Walk['person'] = (...roles) => tokenOf(randomUUID(), roles);
  const shop = await openCardShop(db, { payoutSchedule: 'daily' });
  return {
    db,
    shop,
    merchant: await tokenOf(shop.ownerId, ['merchant', 'host']),
    finance: [await person('finance'), await person('finance')],
    person,
    card: async () => {
      const cardId = await issueCard(db, shop, { assign: false });
      const [assigneeId, code] = [randomUUID(), codes.create(cardId)];
      await assignGiftCard(db, { cardId, awardId: randomUUID(), assigneeId, code }, cause);
      return { cardId, assigneeId, code: codes.reveal(cardId, code.sealed) };
    },
    call:
      (method, path, { token }, body, key = randomUUID()) =>
      () =>
        app.ask(method, `/v1${path}`, { token, ...(method === 'GET' ? {} : { key, body: body ?? {} }) }),
    stop: async () => {
      await app.close();
      await test.drop();
    },
  };
}
