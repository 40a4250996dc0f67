import { z } from 'zod';
import { uuid } from '../../../api/http/amounts.ts';
import { defineRoute } from '../../../api/http/define-route.ts';
import { loadConfig } from '../../../runtime/config.ts';
import { serveStackPeer } from '../harness/serve-stack-peer.ts';

/** The peer of a look at a giveaway: the product's own stack, which has the text by heart. It is read once, from ours. */

const text = await (await fetch(process.env['LOOK_AT'] ?? '')).text();

serveStackPeer(
  'memory-api',
  [
    defineRoute({
      method: 'get',
      path: '/v1/giveaways/{giveawayId}',
      summary: 'The text',
      auth: 'public',
      params: z.object({ giveawayId: uuid }),
      responses: { 200: { description: 'The giveaway' } },
      handler: () => Promise.resolve({ status: 200, body: text, type: 'application/json' }),
    }),
  ],
  loadConfig(['giveawayDatabase', 'giveawayApi', 'auth']),
);
