import { Runtime } from '@temporalio/worker';
import type { AuditWorld } from '../activities/audit-book.ts';
import { registerAuditMetrics } from '../activities/audit-metrics.ts';
import { auditBooksActivities } from '../activities/audit-books.ts';
import { deliverAlertsActivities, storedAlerts } from '../activities/deliver-alerts.ts';
import { createGiftcardActivities, createTelecomActivities } from '../activities/giftcard/index.ts';
import { giftcardNexusServices } from '../activities/giftcard/nexus.ts';
import {
  createGiveawayActivities,
  createMailActivities,
  createSocialActivities,
} from '../activities/giveaway/index.ts';
import { createPaymentsActivities } from '../activities/payments/index.ts';
import { asActivities } from '../activities/refusals.ts';
import { createWalletActivities } from '../activities/wallet/index.ts';
import { walletNexusServices } from '../activities/wallet/nexus.ts';
import { workflowOwners } from '../activities/workflow-owners.ts';
import { connect, type Database, type DatabaseName } from '../db/connect.ts';
import { countParticipants } from '../db/giveaway/count-participants.ts';
import { findAddresses } from '../db/identity/users.ts';
import { withBreaker as withAirtimeBreaker } from '../providers/airtime/breaker.ts';
import { httpAirtime } from '../providers/airtime/http.ts';
import { logAlerts } from '../providers/alerts/log.ts';
import { webhookAlerts } from '../providers/alerts/webhook.ts';
import { createBeacon, drawSources } from '../providers/beacon/adapter.ts';
import { createPayments } from '../providers/payments/adapter.ts';
import { smtpMail } from '../providers/mail/smtp.ts';
import { withBreaker } from '../providers/social/breaker.ts';
import { httpSocial } from '../providers/social/http.ts';
import { createTimestamp } from '../providers/timestamp/adapter.ts';
import { startGateway } from '../realtime/gateway.ts';
import { startRelay } from '../realtime/relay.ts';
import { createCardCodes } from '../runtime/card-codes.ts';
import { createClaimLinks } from '../runtime/claim-links.ts';
import { ConfigError, loadConfig, type Config } from '../runtime/config.ts';
import { startHealthServer } from '../runtime/health-server.ts';
import { createLog, type Log } from '../runtime/log.ts';
import { createMetrics } from '../runtime/metrics.ts';
import { payoutRules } from '../runtime/payout-rules.ts';
import { createProofSigner } from '../runtime/proof-signer.ts';
import { connectRedis } from '../runtime/redis.ts';
import { createSecretBox } from '../runtime/secret-box.ts';
import { handleShutdown, type Shutdown } from '../runtime/shutdown.ts';
import { connectTemporal, type TemporalClients } from './client.ts';
import { keepSchedules } from './schedules.ts';
import { sweepsEvery } from './sweeps.ts';
import { TASK_QUEUES } from './task-queues.ts';
import { temporalLogger } from './temporal-logger.ts';
import { startWorkers, type QueueSpec } from './worker.ts';

/** The worker and gateway process; `JOB_MODE` says which of the two it is, or both. */

const WORKER_PARTS = [
  'giveawayDatabase',
  'giftcardDatabase',
  'redis',
  'temporal',
  'worker',
  'payments',
  'alerts',
  'social',
  'airtime',
  'vends',
  'phones',
  'mail',
  'claims',
  'cardCodes',
  'draws',
  'beacon',
  'timestamp',
] as const;
type WorkerConfig = Config<(typeof WORKER_PARTS)[number]>;

/** A network, or an airtime provider, that failed so often in a row is left alone for a while. */
const BREAKER = { failures: 10, openMs: 10_000 };

const mode = loadConfig(['worker']);
const log = createLog({
  name: mode.JOB_MODE === 'gateway' ? 'gateway' : 'worker',
  level: mode.LOG_LEVEL,
  pretty: mode.NODE_ENV === 'development',
});
const shutdown = handleShutdown({ log, graceMs: mode.SHUTDOWN_GRACE_MS });
if (mode.JOB_MODE !== 'worker') await runGateway(log, shutdown);
if (mode.JOB_MODE !== 'gateway') await runWorker(log, shutdown);

interface Databases {
  readonly giveawayDb: Database;
  readonly giftcardDb: Database;
}

async function runWorker(log: Log, shutdown: Shutdown): Promise<void> {
  const config = loadConfig(WORKER_PARTS);
  Runtime.install({ shutdownSignals: [], logger: temporalLogger(log) });
  const wanted = (name: string): boolean => config.WORKER_QUEUES.includes('all') || config.WORKER_QUEUES.includes(name);
  const pool = (url: string): Database =>
    connect({ url, poolMax: config.DATABASE_POOL_MAX, applicationName: 'handsel-worker' });
  const databases = { giveawayDb: pool(config.DATABASE_URL_GIVEAWAY), giftcardDb: pool(config.DATABASE_URL_GIFTCARD) };
  shutdown.onShutdown('databases', () => Promise.all([databases.giveawayDb.destroy(), databases.giftcardDb.destroy()]));
  const temporal = connectTemporal(config.TEMPORAL_ADDRESS);
  shutdown.onShutdown('temporal client', () => temporal.connection.close());
  const workers = await startWorkers({
    address: config.TEMPORAL_ADDRESS,
    queues: queuesOf(config, databases, temporal).filter(({ taskQueue }) => wanted(taskQueue)),
    graceMs: config.SHUTDOWN_GRACE_MS,
    log,
    onFailure: (error) => {
      log.fatal({ err: error }, 'a worker ended');
      void shutdown.stop(1);
    },
  });
  shutdown.onShutdown('workers', () => workers.stop());
  if (wanted('relay')) runRelays(config, databases);
  const schedules = keepSchedules({
    address: config.TEMPORAL_ADDRESS,
    sweeps: sweepsEvery(config.SWEEP_INTERVAL_MS, config.OWNER_SWEEP_AFTER_MS).filter(({ taskQueue }) =>
      wanted(taskQueue),
    ),
    log,
  });
  shutdown.onShutdown('schedules', () => schedules.stop());
  const metrics = createMetrics('worker');
  registerAuditMetrics(metrics, { giveaway: databases.giveawayDb, giftcard: databases.giftcardDb });
  const health = await startHealthServer({
    host: config.LISTEN_HOST,
    port: config.WORKER_HTTP_PORT,
    metrics,
    checks: [
      { name: 'giveaway database', check: () => databases.giveawayDb.raw('select 1') },
      { name: 'giftcard database', check: () => databases.giftcardDb.raw('select 1') },
      {
        name: 'workers',
        check: () =>
          workers.healthy() && !shutdown.stopping ? Promise.resolve() : Promise.reject(new Error('not polling')),
      },
    ],
  });
  shutdown.onShutdown('health', () => health.close());
}

function queuesOf(config: WorkerConfig, { giveawayDb, giftcardDb }: Databases, temporal: TemporalClients): QueueSpec[] {
  const owners = workflowOwners(temporal.giveaway);
  const provider = createPayments(config);
  const payments = createPaymentsActivities(provider, config.PAYMENTS_PLATFORM_ACCOUNT);
  const world: AuditWorld = { books: { giveaway: giveawayDb, giftcard: giftcardDb }, payments: provider };
  const files = { provider: config.PAYMENTS_ADAPTER, payments: provider };
  const wallet = createWalletActivities({
    db: giveawayDb,
    alerts: storedAlerts(giveawayDb),
    owners,
    files,
    payoutMinimumOf: (currency) => config.PAYOUT_MINIMUMS.get(currency) ?? 0n,
  });
  const giveaway = createGiveawayActivities({
    db: giveawayDb,
    secrets: createSecretBox(config.DRAW_SECRET_KEYS),
    signer: createProofSigner(config.PROOF_SIGNING_KEY),
    randomness: { beacon: createBeacon(config), timestamp: createTimestamp(config) },
    sources: drawSources(config),
    alerts: storedAlerts(giveawayDb),
    owners,
  });
  const giftcard = createGiftcardActivities({
    db: giftcardDb,
    codes: createCardCodes(config.CARD_CODE_KEYS, config.CARD_CODE_LOOKUP_KEY),
    alerts: storedAlerts(giftcardDb),
    payments,
    owners: workflowOwners(temporal.giftcard),
    files,
    vendPatience: {
      lookUpDelaysMs: config.AIRTIME_LOOK_UP_DELAYS_MS,
      giveUpMs: config.AIRTIME_GIVE_UP_MS,
      floatDelaysMs: config.AIRTIME_FLOAT_DELAYS_MS,
    },
    payoutRulesOf: payoutRules(config),
  });
  return [
    {
      namespace: 'giveaway',
      taskQueue: TASK_QUEUES.wallet,
      workflows: 'wallet',
      activities: { ...wallet, ...ofBook('giveaway', world, config) },
      nexusServices: walletNexusServices,
    },
    { namespace: 'giveaway', taskQueue: TASK_QUEUES.giveaway, workflows: 'giveaway', activities: giveaway },
    { namespace: 'giveaway', taskQueue: TASK_QUEUES.payments, activities: payments },
    { namespace: 'giveaway', taskQueue: TASK_QUEUES.social, activities: socialActivities(config, giveawayDb) },
    { namespace: 'giveaway', taskQueue: TASK_QUEUES.mail, activities: mailActivities(config, giveawayDb) },
    {
      namespace: 'giftcard',
      taskQueue: TASK_QUEUES.giftcard,
      workflows: 'giftcard',
      activities: { ...giftcard, ...ofBook('giftcard', world, config) },
      nexusServices: giftcardNexusServices,
    },
    { namespace: 'giftcard', taskQueue: TASK_QUEUES.payments, activities: payments },
    {
      namespace: 'giftcard',
      taskQueue: TASK_QUEUES.payouts,
      activities: { payOut: giftcard.payOut },
      makesWay: true,
    },
    { namespace: 'giftcard', taskQueue: TASK_QUEUES.telecom, activities: telecomActivities(config, giftcardDb) },
  ];
}

/** What is done for each book, in its own namespace. */
function ofBook(book: DatabaseName, world: AuditWorld, config: WorkerConfig): object {
  const { ALERT_WEBHOOK_URL: url, ALERT_WEBHOOK_SECRET: secret, ALERT_WEBHOOK_TIMEOUT_MS: timeoutMs } = config;
  if ((url === undefined) !== (secret === undefined))
    throw new ConfigError(['ALERT_WEBHOOK_URL, ALERT_WEBHOOK_SECRET: both, or neither']);
  const webhook = url && secret ? webhookAlerts({ url, secret, timeoutMs }) : undefined;
  return asActivities({
    ...auditBooksActivities(book, world),
    ...deliverAlertsActivities(world.books[book], { log: logAlerts(log), webhook }),
  });
}

function socialActivities(config: WorkerConfig, db: Database): object {
  const { SOCIAL_URL: baseUrl, SOCIAL_API_KEY: apiKey, SOCIAL_TIMEOUT_MS: timeoutMs } = config;
  return createSocialActivities({ db, social: withBreaker(httpSocial({ baseUrl, apiKey, timeoutMs }), BREAKER) });
}

function telecomActivities(config: WorkerConfig, db: Database): object {
  const { AIRTIME_URL: baseUrl, AIRTIME_API_KEY: apiKey, AIRTIME_TIMEOUT_MS: timeoutMs } = config;
  const airtime = withAirtimeBreaker(httpAirtime({ baseUrl, apiKey, timeoutMs }), BREAKER);
  return createTelecomActivities({ db, airtime, phones: createSecretBox(config.PHONE_KEYS) });
}

function mailActivities(config: WorkerConfig, db: Database): object {
  const { SMTP_URL: url, MAIL_FROM: from, MAIL_TIMEOUT_MS: timeoutMs } = config;
  const mail = smtpMail({ url, from, timeoutMs, connections: 10 });
  shutdown.onShutdown('mail', () => Promise.resolve(mail.close()));
  return createMailActivities({
    db,
    mail,
    links: createClaimLinks(config.CLAIM_LINK_KEYS),
    publicUrl: config.GIVEAWAY_PUBLIC_URL.replace(/\/$/, ''),
    addressesOf: (userIds) => findAddresses(db, userIds),
  });
}

function runRelays(config: WorkerConfig, { giveawayDb, giftcardDb }: Databases): void {
  const redis = connectRedis(config.REDIS_URL, 'handsel-relay', log);
  const relays = [
    startRelay({
      database: 'giveaway',
      db: giveawayDb,
      redis,
      log,
      countParticipants: (id) => countParticipants(giveawayDb, id),
    }),
    startRelay({ database: 'giftcard', db: giftcardDb, redis, log }),
  ];
  shutdown.onShutdown('relays', async () => {
    await Promise.all(relays.map((relay) => relay.stop()));
    redis.disconnect();
  });
}

async function runGateway(log: Log, shutdown: Shutdown): Promise<void> {
  const config = loadConfig(['gateway', 'redis']);
  const redis = connectRedis(config.REDIS_URL, 'handsel-gateway', log);
  const gateway = await startGateway({
    host: config.LISTEN_HOST,
    port: config.GATEWAY_PORT,
    redis,
    corsOrigins: config.GATEWAY_CORS_ORIGINS,
    metrics: createMetrics('gateway'),
    log,
  });
  shutdown.onShutdown('gateway', async () => {
    await gateway.stop();
    redis.disconnect();
  });
}
