import { connect } from '../../db/connect.ts';
import { httpAirtime } from '../../providers/airtime/http.ts';
import { verifyAirtimeWebhook } from '../../providers/airtime/webhook.ts';
import { paymentWebhooks } from '../../providers/payments/adapter.ts';
import { createTokenVerifier } from '../../runtime/access-tokens.ts';
import { createCardCodes } from '../../runtime/card-codes.ts';
import { loadConfig } from '../../runtime/config.ts';
import { createLog } from '../../runtime/log.ts';
import { createMetrics } from '../../runtime/metrics.ts';
import { payoutRules } from '../../runtime/payout-rules.ts';
import { createRateLimit } from '../../runtime/rate-limit.ts';
import { connectRedis } from '../../runtime/redis.ts';
import { createSecretBox } from '../../runtime/secret-box.ts';
import { createTopUpGrantReader } from '../../runtime/top-up-grants.ts';
import { handleShutdown } from '../../runtime/shutdown.ts';
import { checkTemporal, connectTemporal } from '../../temporal-config/client.ts';
import { createApp } from '../http/create-app.ts';
import { lookUpPayments } from '../http/payment-intents.ts';
import { serve } from '../http/serve.ts';
import { createCommittedStarts } from '../http/start-committed.ts';
import { giftcardApiRoutes } from './app.ts';

const config = loadConfig([
  'giftcardDatabase',
  'redis',
  'temporal',
  'giftcardApi',
  'auth',
  'cardCodes',
  'payments',
  'paymentsWebhooks',
  'airtime',
  'airtimeWebhooks',
  'phones',
]);
/** Somebody stands waiting. */
const AIRTIME_LOOK_UP_TIMEOUT_MS = 1_500;

const log = createLog({ name: 'giftcard-api', level: config.LOG_LEVEL, pretty: config.NODE_ENV === 'development' });
const shutdown = handleShutdown({ log, graceMs: config.SHUTDOWN_GRACE_MS });
const db = connect({
  url: config.DATABASE_URL_GIFTCARD,
  poolMax: config.DATABASE_POOL_MAX,
  applicationName: 'giftcard-api',
});
const redis = connectRedis(config.REDIS_URL, 'giftcard-api', log);
const temporal = connectTemporal(config.TEMPORAL_ADDRESS);
shutdown.onShutdown('connections', async () => {
  await db.destroy();
  redis.disconnect();
  await temporal.connection.close();
});

const committedStarts = createCommittedStarts({
  client: temporal.giftcard,
  log,
  patienceMs: config.REQUEST_BUDGET_MS / 2,
});
shutdown.onShutdown('late starts', () => committedStarts.stop());

const app = createApp({
  service: 'giftcard-api',
  routes: giftcardApiRoutes({
    db,
    temporal: temporal.giftcard,
    budgetMs: config.REQUEST_BUDGET_MS,
    committedStarts,
    payoutRulesOf: payoutRules(config),
    codes: createCardCodes(config.CARD_CODE_KEYS, config.CARD_CODE_LOOKUP_KEY),
    codeLimit: createRateLimit(redis, { name: 'card-code', attempts: 300, perSeconds: 60 }),
    verifyPaymentWebhook: paymentWebhooks(config),
    payments: lookUpPayments(config),
    airtime: httpAirtime({
      baseUrl: config.AIRTIME_URL,
      apiKey: config.AIRTIME_API_KEY,
      timeoutMs: Math.min(config.AIRTIME_TIMEOUT_MS, AIRTIME_LOOK_UP_TIMEOUT_MS),
    }),
    phones: createSecretBox(config.PHONE_KEYS),
    phoneLimit: createRateLimit(redis, { name: 'phone', attempts: 30, perSeconds: 60 }),
    readTopUpGrant: createTopUpGrantReader(config.AUTH_PUBLIC_KEYS),
    verifyAirtimeWebhook: (request) =>
      verifyAirtimeWebhook({ ...request, secrets: config.AIRTIME_WEBHOOK_SECRETS, now: Date.now() }),
  }),
  db,
  verifyToken: createTokenVerifier(config.AUTH_PUBLIC_KEYS),
  budgetMs: config.REQUEST_BUDGET_MS,
  metrics: createMetrics('giftcard-api'),
  log,
  checks: [
    { name: 'database', check: () => db.raw('select 1') },
    { name: 'temporal', check: () => checkTemporal(temporal) },
  ],
});
await serve(app, { host: config.LISTEN_HOST, port: config.GIFTCARD_API_PORT }, shutdown);
log.info({ port: config.GIFTCARD_API_PORT }, 'listening');
