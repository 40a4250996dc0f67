import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe } from 'vitest';
import { expireAuthorisations } from '../../../db/giftcard/authorise-gift-card.ts';
import { freezeGiftCard } from '../../../db/giftcard/freeze-gift-card.ts';
import { releaseExpired } from '../../../db/giftcard/release-escrow.ts';
import { cause, issueCard, openCardShop } from '../../support/cards.ts';
import { walkRows, type Refused, type Row } from '../../support/refusals.ts';
import { startWalk, type CodedCard, type Someone, type Walk } from './walk.ts';

let walk: Walk;
beforeAll(async () => {
  walk = await startWalk();
});
afterAll(() => walk.stop());
const walked = (rows: readonly Row[]): void => walkRows(() => walk.db, rows);

type Till = (card: CodedCard, body?: object, key?: string) => Refused;
const redeem: Till = ({ code }, body = {}, key = randomUUID()) =>
  walk.call('POST', '/redemptions', walk.merchant, { merchantId: walk.shop.merchantId, code, ...body }, key);
const authorise: Till = ({ code }, body = {}) =>
  walk.call('POST', '/authorisations', walk.merchant, { merchantId: walk.shop.merchantId, code, ...body });
const about = (authorisationId: string, verb: 'confirm' | 'void', body: object = {}, who = walk.merchant): Refused =>
  walk.call('POST', `/authorisations/${authorisationId}/${verb}`, who, body);

/** What is prepared has to succeed. */
async function done(call: Refused): Promise<Record<string, string>> {
  const { status, body } = await call();
  if (status >= 300) throw new Error(`${status} ${JSON.stringify(body)}`);
  return body;
}
const held = async (card?: CodedCard): Promise<string> =>
  String((await done(authorise(card ?? (await walk.card()), { amountMinor: '600' })))['authorisationId']);
const expire = (card: CodedCard) => {
  const past = new Date(Date.now() - 1_000);
  return walk.db('gift_cards').where({ id: card.cardId }).update({ expires_at: past, next_deadline: past });
};
const expireHold = (id: string) =>
  walk
    .db('card_authorisations')
    .where({ id })
    .update({ expires_at: new Date(Date.now() - 1_000) });

/** The same at a redemption and at a hold. */
const atTheTill = (till: Till): readonly Row[] => [
  ['card_code_invalid', 'a code of nothing', async () => till({ ...(await walk.card()), code: 'A'.repeat(25) })],
  ['amount_not_positive', 'nothing', async () => till(await walk.card(), { amountMinor: '0' })],
  ['amount_not_positive', 'less than nothing', async () => till(await walk.card(), { amountMinor: '-5' })],
  ['amount_invalid', 'a part of a unit', async () => till(await walk.card(), { amountMinor: '1.5' })],
  ['currency_mismatch', 'another currency', async () => till(await walk.card(), { currency: 'EUR' })],
  ['currency_unsupported', 'a currency that is none', async () => till(await walk.card(), { currency: 'XYZ' })],
  ['card_over_redemption', 'more than there is', async () => till(await walk.card(), { amountMinor: '10001' })],
  [
    'card_over_redemption',
    'more than others have left free',
    async () => {
      const card = await walk.card();
      await held(card);
      return till(card, { amountMinor: '9401' });
    },
  ],
  [
    'card_wrong_merchant',
    'at another shop',
    async () => {
      const other = await openCardShop(walk.db, { payoutSchedule: 'daily' });
      await walk.db('merchants').where({ id: other.merchantId }).update({ owner_id: walk.merchant.id });
      return till(await walk.card(), { merchantId: other.merchantId });
    },
  ],
  [
    'merchant_not_found',
    'at a shop of somebody else',
    async () => till(await walk.card(), { merchantId: (await openCardShop(walk.db)).merchantId }),
  ],
  [
    'card_already_redeemed',
    'all of it again',
    async () => {
      const card = await walk.card();
      await done(redeem(card));
      return till(card);
    },
  ],
  [
    'card_expired',
    'after its expiry',
    async () => {
      const card = await walk.card();
      await expire(card);
      return till(card);
    },
  ],
  [
    'card_not_redeemable',
    'after its value went back',
    async () => {
      const card = await walk.card();
      await expire(card);
      await releaseExpired(walk.db, { limit: 100 }, cause);
      return till(card);
    },
  ],
  [
    'card_frozen',
    'while it is frozen',
    async () => {
      const card = await walk.card();
      await freezeGiftCard(walk.db, { cardId: card.cardId, reason: 'stolen' }, cause);
      return till(card);
    },
  ],
];

describe('a redemption is refused', () => {
  walked(atTheTill((...asked) => redeem(...asked)));
  walked([
    [
      'idempotency_key_reused',
      'under the same key with another amount',
      async () => {
        const [card, key] = [await walk.card(), randomUUID()];
        await done(redeem(card, { amountMinor: '100' }, key));
        return redeem(card, { amountMinor: '200' }, key);
      },
    ],
    [
      'redemption_not_found',
      'to be read by another shop',
      async () => {
        const { redemptionId } = await done(redeem(await walk.card()));
        return walk.call('GET', `/redemptions/${redemptionId}`, await walk.person('merchant'));
      },
    ],
  ]);
});

describe('an authorisation is refused', () => {
  walked(atTheTill((...asked) => authorise(...asked)));
  const verbs = ['confirm', 'void'] as const;
  for (const verb of verbs)
    walked([
      ['authorisation_not_found', `to ${verb} none`, async () => about(randomUUID(), verb)],
      [
        'authorisation_not_found',
        `to ${verb} that of somebody else`,
        async () => about(await held(), verb, {}, await walk.person('merchant')),
      ],
      [
        'authorisation_confirmed',
        `to ${verb} what is confirmed`,
        async () => {
          const id = await held();
          await done(about(id, 'confirm'));
          return about(id, verb);
        },
      ],
      [
        'authorisation_expired',
        `to ${verb} what was swept up`,
        async () => {
          const id = await held();
          await expireHold(id);
          await expireAuthorisations(walk.db, { limit: 100 }, cause);
          return about(id, verb);
        },
      ],
    ]);
  walked([
    [
      'authorisation_expired',
      'to confirm too late, before any sweep',
      async () => {
        const id = await held();
        await expireHold(id);
        return about(id, 'confirm');
      },
    ],
    [
      'authorisation_voided',
      'to confirm what was given back',
      async () => {
        const id = await held();
        await done(about(id, 'void'));
        return about(id, 'confirm');
      },
    ],
    ['card_over_redemption', 'to confirm more', async () => about(await held(), 'confirm', { amountMinor: '601' })],
    ['amount_not_positive', 'to confirm nothing', async () => about(await held(), 'confirm', { amountMinor: '0' })],
  ]);
});

describe('what is done with a card is refused', () => {
  const decide = async (verb: 'freeze' | 'unfreeze' | 'replace-code' | 'reveal-code', who: Someone): Promise<Refused> =>
    walk.call('POST', `/gift-cards/${(await walk.card()).cardId}/${verb}`, who, { reason: 'it was stolen' });
  const assign = async (cardId: string, hostId: string): Promise<Refused> => {
    await walk.db('gift_cards').where({ id: cardId }).update({ host_id: hostId });
    return walk.call('POST', `/gift-cards/${cardId}/assign`, walk.merchant, { assigneeId: randomUUID() });
  };
  walked([
    ['card_not_found', 'to freeze that of another shop', async () => decide('freeze', await walk.person('merchant'))],
    ['card_not_found', 'to unfreeze it', async () => decide('unfreeze', await walk.person('merchant'))],
    ['card_not_yours', 'to see its code', async () => decide('reveal-code', await walk.person('participant'))],
    ['card_not_yours', 'to replace its code', async () => decide('replace-code', await walk.person('participant'))],
    ['card_not_found', 'to assign none', async () => assign(randomUUID(), walk.merchant.id)],
    [
      'card_not_found',
      'to assign that of another host',
      async () => assign(await issueCard(walk.db, walk.shop, { assign: false }), randomUUID()),
    ],
    [
      'card_not_assignable',
      'to assign what is spent',
      async () => {
        const card = await walk.card();
        await done(redeem(card, { amountMinor: '1' }));
        return assign(card.cardId, walk.merchant.id);
      },
    ],
    [
      'card_order_not_found',
      'an order of nobody',
      async () => walk.call('GET', `/card-orders/${randomUUID()}`, walk.merchant),
    ],
  ]);
});
