import { connect } from '../../db/connect.ts';
import { ensureBootstrapAdmin } from '../../db/identity/ensure-bootstrap-admin.ts';
import { drawSources } from '../../providers/beacon/adapter.ts';
import { paymentWebhooks } from '../../providers/payments/adapter.ts';
import { createTokenIssuer, createTokenVerifier } from '../../runtime/access-tokens.ts';
import { createAdmissionGate } from '../../runtime/admission-gate.ts';
import { createClaimLinks } from '../../runtime/claim-links.ts';
import { loadConfig } from '../../runtime/config.ts';
import { createEntryHashes } from '../../runtime/entry-hashes.ts';
import { createLog } from '../../runtime/log.ts';
import { createMetrics } from '../../runtime/metrics.ts';
import { createProofSigner } from '../../runtime/proof-signer.ts';
import { createRateLimit } from '../../runtime/rate-limit.ts';
import { connectRedis } from '../../runtime/redis.ts';
import { createSecretBox } from '../../runtime/secret-box.ts';
import { createTopUpGrantIssuer } from '../../runtime/top-up-grants.ts';
import { handleShutdown } from '../../runtime/shutdown.ts';
import { checkTemporal, connectTemporal } from '../../temporal-config/client.ts';
import { buildPages } from '../../web/build.ts';
import { webPages } from '../../web/pages.ts';
import { createApp } from '../http/create-app.ts';
import { defineRoute } from '../http/define-route.ts';
import { lookUpPayments } from '../http/payment-intents.ts';
import { serve } from '../http/serve.ts';
import { giveawayApiRoutes } from './app.ts';

const config = loadConfig([
  'giveawayDatabase',
  'redis',
  'temporal',
  'giveawayApi',
  'auth',
  'draws',
  'beacon',
  'timestamp',
  'entries',
  'payments',
  'claims',
  'paymentsWebhooks',
]);
const log = createLog({ name: 'giveaway-api', level: config.LOG_LEVEL, pretty: config.NODE_ENV === 'development' });
const shutdown = handleShutdown({ log, graceMs: config.SHUTDOWN_GRACE_MS });
const db = connect({
  url: config.DATABASE_URL_GIVEAWAY,
  poolMax: config.DATABASE_POOL_MAX,
  applicationName: 'giveaway-api',
});
const redis = connectRedis(config.REDIS_URL, 'giveaway-api', log);
const temporal = connectTemporal(config.TEMPORAL_ADDRESS);
shutdown.onShutdown('connections', async () => {
  await db.destroy();
  redis.disconnect();
  await temporal.connection.close();
});

if (config.BOOTSTRAP_ADMIN_EMAIL && config.BOOTSTRAP_ADMIN_PASSWORD)
  await ensureBootstrapAdmin(db, config.BOOTSTRAP_ADMIN_EMAIL, config.BOOTSTRAP_ADMIN_PASSWORD);
const pages = webPages(config.GATEWAY_PUBLIC_URL, await buildPages()).map(({ path, type, text }) =>
  defineRoute({
    method: 'get',
    path,
    summary: 'A page',
    auth: 'public',
    responses: { 200: { description: 'The page' } },
    handler: () => Promise.resolve({ status: 200, body: text, type }),
  }),
);
const routes = giveawayApiRoutes({
  db,
  temporal: temporal.giveaway,
  budgetMs: config.REQUEST_BUDGET_MS,
  signer: createProofSigner(config.PROOF_SIGNING_KEY),
  secrets: createSecretBox(config.DRAW_SECRET_KEYS),
  instantWinGate: createAdmissionGate(redis),
  entryHashes: createEntryHashes(config.ENTRY_HASH_KEYS),
  sources: drawSources(config),
  verifyPaymentWebhook: paymentWebhooks(config),
  payments: lookUpPayments(config),
  claimLinks: createClaimLinks(config.CLAIM_LINK_KEYS),
  topUps: {
    grants: await createTopUpGrantIssuer(config.AUTH_SIGNING_KEY),
    url: new URL('/v1/award-top-ups', config.GIFTCARD_PUBLIC_URL).toString(),
  },
  addresses: createSecretBox(config.ADDRESS_KEYS),
  issuer: await createTokenIssuer(config.AUTH_SIGNING_KEY, config.ACCESS_TOKEN_TTL_MS),
  publicKeys: config.AUTH_PUBLIC_KEYS,
  refreshTokenTtlMs: config.REFRESH_TOKEN_TTL_MS,
  accessTokenTtlMs: config.ACCESS_TOKEN_TTL_MS,
  logInLimit: createRateLimit(redis, { name: 'log-in', attempts: 10, perSeconds: 60 }),
});
const app = createApp({
  service: 'giveaway-api',
  routes: [...routes, ...pages],
  db,
  verifyToken: createTokenVerifier(config.AUTH_PUBLIC_KEYS),
  budgetMs: config.REQUEST_BUDGET_MS,
  metrics: createMetrics('giveaway-api'),
  log,
  connectOrigins: [
    config.GATEWAY_PUBLIC_URL,
    config.GATEWAY_PUBLIC_URL.replace(/^http/, 'ws'),
    new URL(config.GIFTCARD_PUBLIC_URL).origin,
  ],
  checks: [
    { name: 'database', check: () => db.raw('select 1') },
    { name: 'temporal', check: () => checkTemporal(temporal) },
  ],
});
await serve(app, { host: config.LISTEN_HOST, port: config.GIVEAWAY_API_PORT }, shutdown);
log.info({ port: config.GIVEAWAY_API_PORT }, 'listening');
