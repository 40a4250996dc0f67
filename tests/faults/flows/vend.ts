import { nameUuid } from '../../../domain/ids.ts';
import { sha1 } from '../../../runtime/crypto.ts';
import type { AirtimeCard } from '../airtime.ts';
import type { World } from '../world.ts';
import { asking, once, stateOnce, type Flow, type Operation } from './flow.ts';

const ENDS = ['DELIVERED', 'FAILED_DEFINITE', 'NEEDS_ATTENTION'];
const ROUTE = 'post /v1/gift-cards/{cardId}/top-ups';

/** A phone is topped up with all that is on a card. */
export function vendWith({ cards }: World, { cardId, winner: { id, token }, phone }: AirtimeCard): Operation {
  const path = `/v1/gift-cards/${cardId}/top-ups`;
  const { ids, ask } = asking({ api: cards, token, path, body: { phone } });
  const [, key = ''] = ids;
  const { begin, known } = once(async () => (await ask()).body.vendId as string);
  return {
    // The worker is told nothing but the vend's id, which follows from the key.
    ids: [...ids, nameUuid(sha1, 'giftcard-api', `user:${id}`, ROUTE, key)],
    begin,
    ended: () => stateOnce(cards, token, known() && `/v1/top-ups/${known()}`, ENDS),
    result: known,
    wanted: 'DELIVERED',
  };
}

/** Airtime that somebody has won reaches a phone: held on its card, sent by the provider, redeemed. */
export const vend: Flow = {
  name: 'vend',
  make: async (world, count) => (await world.airtime.take(count)).map((card) => vendWith(world, card)),
};
