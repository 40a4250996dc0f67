import { generateKeyPairSync, randomBytes } from 'node:crypto';

export interface Servers {
  readonly databaseUrls: { readonly giveaway: string; readonly giftcard: string };
  readonly redisUrl: string;
  readonly temporalAddress: string;
}

export interface ApplicationPorts {
  readonly giveawayApi: number;
  readonly giftcardApi: number;
  readonly worker: number;
  readonly gateway: number;
  readonly payments: number;
  readonly social: number;
  readonly mail: number;
  readonly smtp: number;
  readonly beacon: number;
  readonly timestamp: number;
  readonly airtime: number;
}

const base64Key = (): string => randomBytes(32).toString('base64');
const secret = (): string => randomBytes(24).toString('base64url');

function signingKey(kid: string): { readonly private: string; readonly public: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const asJwk = (key: typeof privateKey): Record<string, unknown> => ({
    ...key.export({ format: 'jwk' }),
    kid,
    alg: 'EdDSA',
    use: 'sig',
  });
  return { private: JSON.stringify(asJwk(privateKey)), public: JSON.stringify({ keys: [asJwk(publicKey)] }) };
}

const url = (port: number): string => `http://127.0.0.1:${port}`;

function airtimeSettings(ports: ApplicationPorts): Record<string, string> {
  const key = secret();
  const webhookSecret = `whsec_${randomBytes(24).toString('base64')}`;
  return {
    AIRTIME_URL: url(ports.airtime),
    AIRTIME_API_KEY: key,
    AIRTIME_WEBHOOK_SECRETS: webhookSecret,
    PHONE_KEYS: `phone-1:${base64Key()}`,
    AIRTIME_SIMULATOR_PORT: String(ports.airtime),
    AIRTIME_SIMULATOR_API_KEY: key,
    AIRTIME_SIMULATOR_ADMIN_TOKEN: secret(),
    AIRTIME_SIMULATOR_WEBHOOK_SECRET: webhookSecret,
    AIRTIME_SIMULATOR_WEBHOOK_URL: `${url(ports.giftcardApi)}/v1/webhooks/airtime`,
  };
}

/** Settings of all our processes for one run, with fresh keys and secrets. */
export function makeEnvironment(servers: Servers, ports: ApplicationPorts): Record<string, string> {
  const auth = signingKey('auth-1');
  const proof = signingKey('proof-1');
  const paymentsKey = secret();
  const socialKey = secret();
  const webhookSecret = `whsec_${randomBytes(24).toString('base64')}`;
  return {
    NODE_ENV: 'development',
    LOG_LEVEL: 'info',
    DATABASE_URL_GIVEAWAY: servers.databaseUrls.giveaway,
    DATABASE_URL_GIFTCARD: servers.databaseUrls.giftcard,
    REDIS_URL: servers.redisUrl,
    TEMPORAL_ADDRESS: servers.temporalAddress,
    GIVEAWAY_API_PORT: String(ports.giveawayApi),
    GIFTCARD_API_PORT: String(ports.giftcardApi),
    WORKER_HTTP_PORT: String(ports.worker),
    GATEWAY_PORT: String(ports.gateway),
    GATEWAY_CORS_ORIGINS: `${url(ports.giveawayApi)},http://localhost:${ports.giveawayApi}`,
    GATEWAY_PUBLIC_URL: url(ports.gateway),
    GIFTCARD_PUBLIC_URL: url(ports.giftcardApi),
    AUTH_SIGNING_KEY: auth.private,
    AUTH_PUBLIC_KEYS: auth.public,
    PROOF_SIGNING_KEY: proof.private,
    DRAW_SECRET_KEYS: `draw-1:${base64Key()}`,
    ENTRY_HASH_KEYS: `entry-1:${base64Key()}`,
    CLAIM_LINK_KEYS: `claim-1:${base64Key()}`,
    ADDRESS_KEYS: `address-1:${base64Key()}`,
    CARD_CODE_KEYS: `code-1:${base64Key()}`,
    CARD_CODE_LOOKUP_KEY: `lookup-1:${base64Key()}`,
    BOOTSTRAP_ADMIN_EMAIL: 'admin@handsel.example',
    BOOTSTRAP_ADMIN_PASSWORD: secret(),
    PAYMENTS_URL: url(ports.payments),
    PAYMENTS_API_KEY: paymentsKey,
    PAYMENTS_POOL_ACCOUNT: 'pool',
    PAYMENTS_PLATFORM_ACCOUNT: 'platform',
    PAYMENTS_WEBHOOK_SECRETS: webhookSecret,
    SOCIAL_URL: url(ports.social),
    SOCIAL_API_KEY: socialKey,
    SOCIAL_SIMULATOR_PORT: String(ports.social),
    SOCIAL_SIMULATOR_API_KEY: socialKey,
    SOCIAL_SIMULATOR_ADMIN_TOKEN: secret(),
    ...airtimeSettings(ports),
    GIVEAWAY_PUBLIC_URL: url(ports.giveawayApi),
    SMTP_URL: `smtp://127.0.0.1:${ports.smtp}`,
    MAIL_FROM: 'Handsel <no-reply@handsel.example>',
    MAIL_SIMULATOR_PORT: String(ports.mail),
    MAIL_SIMULATOR_SMTP_PORT: String(ports.smtp),
    MAIL_SIMULATOR_ADMIN_TOKEN: secret(),
    // Rounds every second, and soon after the deadline: nobody watches for long.
    BEACON_URLS: url(ports.beacon),
    DRAW_DELAY_SECONDS: '3',
    DRAW_MARGIN_SECONDS: '1',
    BEACON_SIMULATOR_PORT: String(ports.beacon),
    BEACON_SIMULATOR_PERIOD_SECONDS: '1',
    BEACON_SIMULATOR_ADMIN_TOKEN: secret(),
    TIMESTAMP_URL: url(ports.timestamp),
    TIMESTAMP_SIMULATOR_PORT: String(ports.timestamp),
    TIMESTAMP_SIMULATOR_ADMIN_TOKEN: secret(),
    SIMULATOR_PORT: String(ports.payments),
    SIMULATOR_API_KEY: paymentsKey,
    SIMULATOR_ADMIN_TOKEN: secret(),
    SIMULATOR_WEBHOOK_SECRET: webhookSecret,
    SIMULATOR_WEBHOOK_URLS: [ports.giveawayApi, ports.giftcardApi]
      .map((port) => `${url(port)}/v1/webhooks/payments`)
      .join(','),
  };
}
