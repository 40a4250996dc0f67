import { z } from 'zod';

/**
 * The only reader of the environment. Each process names the parts it needs and gets them parsed and validated
 * once, at start; a missing or malformed setting ends the process with every problem listed, before anything runs.
 */

const port = z.coerce.number().int().min(1).max(65_535);
const DAY_MS = 24 * 3_600_000;
/** As the format of proofs has it. */
const MAX_DRAW_DELAY_SECONDS = 366 * 24 * 3_600;
const milliseconds = z.coerce.number().int().min(1);
const list = z.string().transform((text) =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean),
);
/** `keyId:base64,keyId:base64`, 32 bytes each; the first one encrypts, all of them decrypt. */
const keyRing = list.transform((items, context) => {
  const ring = items.map((item) => {
    const [id = '', encoded = ''] = item.split(':');
    return { id, key: Buffer.from(encoded, 'base64') };
  });
  if (ring.length === 0 || ring.some(({ id, key }) => id === '' || key.length !== 32)) {
    context.addIssue({ code: 'custom', message: 'expected keyId:base64 of 32 bytes, comma separated' });
  }
  return ring;
});
/** `USD:100,EUR:100`: minor units by currency. */
const amountsByCurrency = list.transform((items, context): ReadonlyMap<string, bigint> => {
  const amounts = new Map<string, bigint>();
  for (const item of items) {
    const [, currency, amount] = /^([A-Z]{3}):(\d{1,18})$/.exec(item) ?? [];
    if (currency && amount) amounts.set(currency, BigInt(amount));
    else context.addIssue({ code: 'custom', message: 'expected CURRENCY:minorUnits, comma separated' });
  }
  return amounts;
});
/** `5000,15000`: milliseconds; the last one is repeated. */
const delays = list.transform((items) => items.map(Number)).pipe(z.array(z.int().min(1)).min(1));
const HOUR_MS = 3_600_000;
const secret = z.string().min(16);
const hash = z.string().regex(/^[0-9a-f]{64}$/);
/** Whose API the payment provider speaks. */
const paymentsAdapter = z.enum(['handsel', 'stripe']).default('handsel');
const jwk = z.string().transform((text, context): Record<string, string> => {
  try {
    return JSON.parse(text) as Record<string, string>;
  } catch {
    context.addIssue({ code: 'custom', message: 'expected a JSON Web Key' });
    return z.NEVER;
  }
});

const parts = {
  common: {
    NODE_ENV: z.enum(['development', 'test', 'production']).default('production'),
    LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
    LISTEN_HOST: z.string().default('127.0.0.1'),
    SHUTDOWN_GRACE_MS: milliseconds.default(10_000),
  },
  giveawayDatabase: { DATABASE_URL_GIVEAWAY: z.url(), DATABASE_POOL_MAX: z.coerce.number().int().min(1).default(20) },
  giftcardDatabase: { DATABASE_URL_GIFTCARD: z.url(), DATABASE_POOL_MAX: z.coerce.number().int().min(1).default(20) },
  redis: { REDIS_URL: z.url() },
  temporal: {
    TEMPORAL_ADDRESS: z.string(),
    /** How long an HTTP request waits for a workflow's answer before it says 202 or 503. */
    REQUEST_BUDGET_MS: milliseconds.default(2_000),
  },
  giveawayApi: {
    GIVEAWAY_API_PORT: port.default(5000),
    AUTH_SIGNING_KEY: jwk,
    ACCESS_TOKEN_TTL_MS: milliseconds.default(15 * 60_000),
    REFRESH_TOKEN_TTL_MS: milliseconds.default(30 * 24 * 3_600_000),
    BOOTSTRAP_ADMIN_EMAIL: z.email().optional(),
    BOOTSTRAP_ADMIN_PASSWORD: z.string().min(12).optional(),
    GATEWAY_PUBLIC_URL: z.url().default('http://127.0.0.1:5003'),
    /** Where browsers reach giftcard-api, which the page of a claim tells the phone that is to be topped up. */
    GIFTCARD_PUBLIC_URL: z.url().default('http://127.0.0.1:5002'),
  },
  giftcardApi: { GIFTCARD_API_PORT: port.default(5002) },
  /** Public keys of whoever signs access tokens: a JSON Web Key Set. */
  auth: { AUTH_PUBLIC_KEYS: jwk },
  worker: {
    JOB_MODE: z.enum(['worker', 'gateway', 'all']).default('all'),
    WORKER_QUEUES: list.default(['all']),
    WORKER_HTTP_PORT: port.default(5001),
    /** How often the sweeps look for what is due by the minute: expired holds and cards. */
    SWEEP_INTERVAL_MS: milliseconds.default(60_000),
    /** What nobody has touched for so long, and has no open workflow, is started again. */
    OWNER_SWEEP_AFTER_MS: milliseconds.default(15 * 60_000),
  },
  gateway: {
    GATEWAY_PORT: port.default(5003),
    /** Origins whose pages may open a socket. */
    GATEWAY_CORS_ORIGINS: list.default(['http://127.0.0.1:5000']),
  },
  payments: {
    PAYMENTS_ADAPTER: paymentsAdapter,
    PAYMENTS_URL: z.url(),
    PAYMENTS_API_KEY: secret,
    PAYMENTS_TIMEOUT_MS: milliseconds.default(10_000),
    /** How long the provider recognises a repeated idempotency key: after that nothing is sent again. A day at most is used. */
    PAYMENTS_KEY_WINDOW_MS: milliseconds.max(DAY_MS).default(DAY_MS),
    /** The pooled account at the provider, and the platform's own account to which its service fees are paid. */
    PAYMENTS_POOL_ACCOUNT: z.string().min(1),
    PAYMENTS_PLATFORM_ACCOUNT: z.string().min(1),
    /** What merchants may owe the platform, by currency, before it withholds its own share of settlements. */
    PLATFORM_RESERVES: amountsByCurrency.default(new Map()),
    /** The least that is paid out in one transfer, by currency; less waits for the next window. */
    PAYOUT_MINIMUMS: amountsByCurrency.default(new Map()),
  },
  alerts: {
    /** Where alerts are sent to, signed with the secret, besides the log. */
    ALERT_WEBHOOK_URL: z.url().optional(),
    /** `whsec_` and base64. */
    ALERT_WEBHOOK_SECRET: z
      .string()
      .regex(/^whsec_[A-Za-z0-9+/]{32,}={0,2}$/)
      .optional(),
    ALERT_WEBHOOK_TIMEOUT_MS: milliseconds.default(10_000),
  },
  airtime: { AIRTIME_URL: z.url(), AIRTIME_API_KEY: secret, AIRTIME_TIMEOUT_MS: milliseconds.default(10_000) },
  airtimeWebhooks: { AIRTIME_WEBHOOK_SECRETS: list },
  /** What nobody can say of a top-up is asked after these waits, and after all of it by a person. */
  vends: {
    AIRTIME_LOOK_UP_DELAYS_MS: delays.default([5_000, 15_000, 30_000, 60_000, 120_000, 300_000, 900_000, HOUR_MS]),
    AIRTIME_GIVE_UP_MS: milliseconds.default(DAY_MS),
    /** While the float at the provider is too low. */
    AIRTIME_FLOAT_DELAYS_MS: delays.default([30_000, 60_000, 300_000, 900_000, HOUR_MS]),
  },
  /** Encrypts the numbers of phones that are topped up. */
  phones: { PHONE_KEYS: keyRing },
  social: { SOCIAL_URL: z.url(), SOCIAL_API_KEY: secret, SOCIAL_TIMEOUT_MS: milliseconds.default(10_000) },
  paymentsWebhooks: { PAYMENTS_ADAPTER: paymentsAdapter, PAYMENTS_WEBHOOK_SECRETS: list },
  cardCodes: { CARD_CODE_KEYS: keyRing, CARD_CODE_LOOKUP_KEY: keyRing },
  /** Hashes what entrants answer and what they may have in common; neither is kept in clear. */
  entries: { ENTRY_HASH_KEYS: keyRing },
  claims: {
    /** Signs the links by which winners claim. */
    CLAIM_LINK_KEYS: keyRing,
    /** Encrypts the postal addresses of winners. */
    ADDRESS_KEYS: keyRing,
    /** Where people reach the giveaway API and its pages. */
    GIVEAWAY_PUBLIC_URL: z.url().default('http://127.0.0.1:5000'),
  },
  mail: { SMTP_URL: z.url(), MAIL_FROM: z.string().min(3), MAIL_TIMEOUT_MS: milliseconds.default(8_000) },
  /** Relays of a drand chain, all asked; none: draws are commit–reveal. The hash alone says which chain is meant. */
  beacon: {
    BEACON_URLS: list.default([]),
    BEACON_CHAIN_HASH: hash.default('52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971'),
    BEACON_TIMEOUT_MS: milliseconds.default(10_000),
    /** From the deadline to the round of the draw, and how long before it the commitment has to be out. */
    DRAW_DELAY_SECONDS: z.coerce.number().int().min(2).max(MAX_DRAW_DELAY_SECONDS).default(60),
    DRAW_MARGIN_SECONDS: z.coerce.number().int().min(1).default(30),
  },
  /** An authority for time-stamps (RFC 3161), and the certificates (PEM) by which it is trusted; none: no witness. */
  timestamp: {
    TIMESTAMP_URL: z.url().optional(),
    TIMESTAMP_CERTIFICATES: z.string().default(''),
    TIMESTAMP_TIMEOUT_MS: milliseconds.default(10_000),
  },
  draws: { DRAW_SECRET_KEYS: keyRing, PROOF_SIGNING_KEY: jwk },
} as const;

type Parts = typeof parts;
export type ConfigPart = keyof Parts;
type UnionToIntersection<U> = (U extends unknown ? (value: U) => void : never) extends (value: infer I) => void
  ? I
  : never;
/** `(A | B)` becomes `(A & B)`: the settings of all the wanted parts. */
type Shape<P extends ConfigPart> = UnionToIntersection<Parts[P]>;
export type Config<P extends ConfigPart = ConfigPart> = {
  readonly [K in keyof Shape<P | 'common'>]: z.output<Extract<Shape<P | 'common'>[K], z.ZodType>>;
};

export class ConfigError extends Error {
  constructor(issues: readonly string[]) {
    super(`The configuration is not valid:\n${issues.map((issue) => `  ${issue}`).join('\n')}\nSee .env.example.`);
    this.name = 'ConfigError';
  }
}

/** @throws ConfigError naming every setting that is missing or malformed. */
export function loadConfig<const P extends ConfigPart>(wanted: readonly P[], environment = process.env): Config<P> {
  const shape: z.ZodRawShape = Object.assign({}, parts.common, ...wanted.map((part) => parts[part]));
  const set = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const parsed = z.object(shape).safeParse(set);
  if (!parsed.success)
    throw new ConfigError(parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`));
  return Object.freeze(parsed.data) as Config<P>;
}
