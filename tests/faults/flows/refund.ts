import { untilSaid } from '../patience.ts';
import { asking, once, stateOnce, type Flow } from './flow.ts';
import { redeem } from './redeem.ts';

const ENDS = ['COMPLETED', 'WAITING_FOR_MERCHANT'];

/** What was redeemed and paid out comes back onto the card: the provider pulls the merchant's part back. */
export const refund: Flow = {
  name: 'refund',
  make: async (world, count, random) => {
    const { cards, owner } = world;
    const redeemed = await redeem.make(world, count, random);
    await Promise.all(redeemed.map(({ begin }) => begin()));
    for (const { ended } of redeemed) await untilSaid('a redemption to be paid out', ended);
    const redemptionIds = redeemed.map(({ result }) => result?.() ?? '');
    return redemptionIds.map((redemptionId) => {
      const path = `/v1/redemptions/${redemptionId}/refunds`;
      const body = { reason: 'returned goods' };
      const { ids, ask } = asking({ api: cards, token: owner.token, path, body });
      const { begin, known } = once(async () => (await ask()).body.refundId as string);
      return {
        ids,
        begin,
        ended: () => stateOnce(cards, owner.token, known() && `/v1/refunds/${known()}`, ENDS),
        wanted: 'COMPLETED',
      };
    });
  },
};
