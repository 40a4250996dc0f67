import { insist } from '../patience.ts';
import type { Random } from '../random.ts';
import { issueCards, openShop, type World } from '../world.ts';
import { asking, stateOnce, type Flow } from './flow.ts';

const ENDS = ['SETTLED', 'NEEDS_ATTENTION'];
const REDEMPTIONS_EACH = 2;

interface DueMerchant {
  readonly merchantId: string;
  readonly redemptionIds: readonly string[];
}

/** Merchants who are paid by the day are paid: one settlement for all that is due to each. */
export const settleBatch: Flow = {
  name: 'settle-batch',
  make: async (world, count, random) => {
    const due: DueMerchant[] = [];
    while (due.length < count) due.push(await earn(world, random));
    const { cards, finance, owner } = world;
    // One run forms the batches of all of them.
    const body = { cadence: 'daily' };
    const path = '/v1/finance/settlement-runs';
    const { ask } = asking({ api: cards, token: finance[0].token, path, body, wanted: [202] });
    let run: Promise<unknown> | undefined;
    return due.map(({ merchantId, redemptionIds }) => ({
      ids: [merchantId],
      begin: async () => {
        await (run ??= ask());
      },
      ended: async () => {
        const states = redemptionIds.map((id) => stateOnce(cards, owner.token, `/v1/redemptions/${id}`, ENDS));
        const [first, ...others] = await Promise.all(states);
        return others.every((state) => state === first) ? first : undefined;
      },
      wanted: 'SETTLED',
    }));
  },
};

/** A merchant of its own, to whom redemptions are due. */
async function earn(world: World, random: Random): Promise<DueMerchant> {
  const { cards, owner } = world;
  const shop = await openShop(world, 'daily');
  const wish = { amountMinor: BigInt(random.between(500, 9_000)), count: REDEMPTIONS_EACH };
  const redemptionIds: string[] = [];
  for (const { code } of await issueCards(world, shop, wish)) {
    const key = crypto.randomUUID();
    const body = { merchantId: shop.merchantId, code };
    const till = () => cards('POST', '/v1/redemptions', { token: owner.token, key, body });
    redemptionIds.push((await insist('a redemption', till, [201])).body.redemptionId as string);
  }
  return { merchantId: shop.merchantId, redemptionIds };
}
