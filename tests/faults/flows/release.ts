import { expectStatus } from '../../../scripts/stack/http-client.ts';
import type { World } from '../world.ts';
import { asking, once, type Flow } from './flow.ts';
import { publishGiveaways } from './publish.ts';

/** A published giveaway is cancelled: the escrow of its prizes goes back to the host's wallet. */
export const release: Flow = {
  name: 'release',
  make: async (world, count, random) => {
    const { giveaways, host } = world;
    const published = await publishGiveaways(world, count, random);
    return published.map((giveawayId) => {
      const path = `/v1/giveaways/${giveawayId}/cancel`;
      const body = { reason: 'no stock' };
      const { ids, ask } = asking({ api: giveaways, token: host.token, path, body, wanted: [202] });
      const { begin, known } = once(async () => {
        await ask();
        return giveawayId;
      });
      return {
        ids: [...ids, giveawayId],
        begin,
        ended: async () => (known() && (await isReleased(world, giveawayId)) ? 'RELEASED' : undefined),
        wanted: 'RELEASED',
      };
    });
  },
};

async function isReleased({ cards, host }: World, giveawayId: string): Promise<boolean> {
  for (let cursor = ''; ;) {
    const query = `/v1/escrow-releases?limit=100${cursor}`;
    const { data, next } = expectStatus(await cards('GET', query, { token: host.token }), 200).body;
    const found = (data as { giveawayId: string | null; state: string }[]).find((row) => row.giveawayId === giveawayId);
    if (found) return found.state === 'RELEASED';
    if (!next) return false;
    cursor = `&after=${next}`;
  }
}
