import { issueCards } from '../world.ts';
import { asking, once, stateOnce, type Flow } from './flow.ts';

const ENDS = ['SETTLED', 'NEEDS_ATTENTION'];
/** The till stands there until it is over. */
const EXPIRES_IN_MS = 600_000;

/** A card is redeemed at the till, and paid out at once: the merchant's transfer, then the platform's. */
export const redeem: Flow = {
  name: 'redeem',
  make: async (world, count, random) => {
    const { cards, owner, shop } = world;
    const issued = await issueCards(world, shop, { amountMinor: BigInt(random.between(500, 20_000)), count });
    return issued.map(({ cardId, code }) => {
      const body = { merchantId: shop.merchantId, code, expiresInMs: EXPIRES_IN_MS };
      const { ids, ask } = asking({ api: cards, token: owner.token, path: '/v1/redemptions', body });
      const { begin, known } = once(async () => (await ask()).body.redemptionId as string);
      return {
        ids: [...ids, cardId],
        begin,
        ended: () => stateOnce(cards, owner.token, known() && `/v1/redemptions/${known()}`, ENDS),
        result: known,
        wanted: 'SETTLED',
      };
    });
  },
};
