import http from 'node:http';
import { z } from 'zod';
import { uuid } from '../../../api/http/amounts.ts';
import { createApp } from '../../../api/http/create-app.ts';
import { defineRoute } from '../../../api/http/define-route.ts';
import { connect } from '../../../db/connect.ts';
import { toHex } from '../../../domain/draw/bytes.ts';
import { participantCommitment } from '../../../domain/draw/entry.ts';
import { RECEIPT_VERSION, receiptSigningBytes, type Receipt, type ReceiptBody } from '../../../domain/proof/receipt.ts';
import { createTokenVerifier } from '../../../runtime/access-tokens.ts';
import { loadConfig } from '../../../runtime/config.ts';
import { randomSecret } from '../../../runtime/crypto.ts';
import { drawCrypto } from '../../../runtime/draw-crypto.ts';
import { createLog } from '../../../runtime/log.ts';
import { createMetrics } from '../../../runtime/metrics.ts';
import { createProofSigner } from '../../../runtime/proof-signer.ts';

/**
 * The peer of durable entry: the product's own stack around a handler that makes the same signed answer and keeps it
 * in a Map. What differs is the database alone: the entry, its event, and the idempotency key.
 */

const config = loadConfig(['giveawayDatabase', 'giveawayApi', 'auth', 'draws']);
const signer = createProofSigner(config.PROOF_SIGNING_KEY);
interface Answer {
  readonly entryId: string;
  readonly receipt: Receipt;
}

const entries = new Map<string, Answer>();

const route = defineRoute({
  method: 'post',
  path: '/v1/giveaways/{giveawayId}/entries',
  summary: 'Enter',
  auth: 'giveaway.enter',
  params: z.object({ giveawayId: uuid }),
  responses: { 201: { description: 'Entered, with a signed receipt' } },
  handler: ({ params, principal, resourceId }) => {
    const key = `${params.giveawayId}/${principal.userId}`;
    const body = entries.get(key) ?? enter(params.giveawayId, principal.userId, resourceId);
    entries.set(key, body);
    return Promise.resolve({ status: 201, body });
  },
});

function enter(giveawayId: string, participantId: string, entryId: string): Answer {
  const salt = toHex(randomSecret(32));
  const unsigned: ReceiptBody = {
    version: RECEIPT_VERSION,
    giveawayId,
    entryId,
    participant: participantCommitment(drawCrypto, { giveawayId, participantId, salt }),
    salt,
    weight: 1,
    secretHash: salt,
    receivedAt: new Date().toISOString(),
    keyId: signer.keyId,
  };
  return { entryId, receipt: { ...unsigned, signature: signer.sign(receiptSigningBytes(unsigned)) } };
}

const app = createApp({
  service: 'memory-api',
  routes: [route],
  // Never connected to: the route keeps no keys.
  db: connect({ url: config.DATABASE_URL_GIVEAWAY, poolMax: 1, applicationName: 'memory-api' }),
  verifyToken: createTokenVerifier(config.AUTH_PUBLIC_KEYS),
  budgetMs: 2_000,
  metrics: createMetrics('memory-api'),
  log: createLog({ name: 'memory-api', level: config.LOG_LEVEL, pretty: false }),
  checks: [],
});
const handle = app.callback();
http.createServer((request, response) => void handle(request, response)).listen(config.GIVEAWAY_API_PORT, '127.0.0.1');
