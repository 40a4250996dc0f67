import { expectStatus } from '../../../scripts/stack/http-client.ts';
import type { Random } from '../random.ts';
import type { World } from '../world.ts';
import { asking, once, stateOnce, type Flow } from './flow.ts';

const ENDS = ['OPEN', 'FUNDING_FAILED'];
/** Nothing is drawn while things break. */
const CLOSES_IN_MS = 24 * 3_600_000;

/** A giveaway with two prizes, not published yet. @returns its id. */
export async function draftGiveaway({ giveaways, host, shop }: World, random: Random): Promise<string> {
  const prize = { merchantId: shop.merchantId, catalogueItemId: shop.itemId };
  const body = {
    title: 'A giveaway',
    currency: 'USD',
    closesAt: new Date(Date.now() + CLOSES_IN_MS).toISOString(),
    prizes: [1, 2].map(() => ({ ...prize, amountMinor: String(random.between(1_000, 9_000)) })),
  };
  const ask = { token: host.token, key: crypto.randomUUID(), body };
  expectStatus(await giveaways('POST', '/v1/giveaways', ask), 201);
  // The draft's answer is kept behind it, and names the giveaway: a repeat waits until that is done, so that it is not taken for
  // an effect of the publish.
  return expectStatus(await giveaways('POST', '/v1/giveaways', ask), 201).body.id as string;
}

/** A giveaway is paid: the wallet held, the escrow reserved in the other book, the wallet posted, the escrow posted. */
export const publish: Flow = {
  name: 'publish',
  make: async (world, count, random) => {
    const { giveaways, host } = world;
    const drafts: string[] = [];
    while (drafts.length < count) drafts.push(await draftGiveaway(world, random));
    return drafts.map((giveawayId) => {
      const path = `/v1/giveaways/${giveawayId}`;
      const { ids, ask } = asking({ api: giveaways, token: host.token, path: `${path}/publish` });
      const { begin, known } = once(async () => {
        await ask();
        return path;
      });
      return {
        ids: [...ids, giveawayId],
        begin,
        ended: () => stateOnce(giveaways, host.token, known(), ENDS),
        wanted: 'OPEN',
      };
    });
  },
};

/** Published giveaways, with nothing broken on the way. */
export async function publishGiveaways(world: World, count: number, random: Random): Promise<string[]> {
  const { giveaways, host } = world;
  const ids: string[] = [];
  while (ids.length < count) ids.push(await draftGiveaway(world, random));
  await Promise.all(
    ids.map((id) => asking({ api: giveaways, token: host.token, path: `/v1/giveaways/${id}/publish` }).ask()),
  );
  return ids;
}
