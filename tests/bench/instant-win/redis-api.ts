import { Redis } from 'ioredis';
import { z } from 'zod';
import { uuid } from '../../../api/http/amounts.ts';
import { defineRoute } from '../../../api/http/define-route.ts';
import { isHit } from '../../../domain/draw/instant-win.ts';
import {
  ATTEMPT_RECEIPT_VERSION,
  type AttemptReceiptBody,
  attemptReceiptBytes,
} from '../../../domain/proof/attempt-receipt.ts';
import { loadConfig } from '../../../runtime/config.ts';
import { drawCrypto } from '../../../runtime/draw-crypto.ts';
import { createProofSigner } from '../../../runtime/proof-signer.ts';
import { serveStackPeer } from '../harness/serve-stack-peer.ts';

/**
 * Another peer of an instant win: the product's own stack, with the token, the schema, the odds and the signed receipt, whose
 * answer is one call of Redis that counts down. Nothing is left of it after a restart, and nothing says who had it.
 */

const SECRET = 'a'.repeat(64);
const ODDS_PER_MILLION = 10_000;

const config = loadConfig(['giveawayDatabase', 'giveawayApi', 'auth', 'draws', 'redis']);
const signer = createProofSigner(config.PROOF_SIGNING_KEY);
const redis = new Redis(config.REDIS_URL);

const route = defineRoute({
  method: 'put',
  path: '/v1/giveaways/{giveawayId}/entries/{entryId}/instant-win',
  summary: 'Try to win',
  auth: 'giveaway.enter',
  params: z.object({ giveawayId: uuid, entryId: uuid }),
  body: z.object({ clientNonce: z.string().regex(/^[0-9a-f]{64}$/) }),
  responses: { 200: { description: 'Won or lost' } },
  handler: async ({ params: { giveawayId, entryId }, body: { clientNonce } }) => {
    const hit = isHit(drawCrypto, SECRET, { entryId, clientNonce, oddsPerMillion: ODDS_PER_MILLION });
    const number = await redis.decr('bench:same-stack');
    const receipt: AttemptReceiptBody = {
      version: ATTEMPT_RECEIPT_VERSION,
      giveawayId,
      entryId,
      participant: SECRET,
      clientNonce,
      number: Math.abs(number),
      receivedAt: new Date().toISOString(),
      secretHash: SECRET,
      keyId: signer.keyId,
    };
    const signature = await signer.signBeside(attemptReceiptBytes(receipt));
    return { status: 200, body: { outcome: hit ? 'won' : 'lost', receipt: { ...receipt, signature } } };
  },
});

const mine = defineRoute({
  method: 'get',
  path: '/v1/giveaways/{giveawayId}/entries/mine',
  summary: 'My entries',
  auth: 'giveaway.enter',
  params: z.object({ giveawayId: uuid }),
  responses: { 200: { description: 'None' } },
  handler: () => Promise.resolve({ status: 200, body: { entries: [] } }),
});

serveStackPeer('redis-api', [route, mine], config);
