import { delay } from '../../scripts/stack/run.ts';
import { APPLICATIONS, Stack, type Application } from '../../scripts/stack/stack.ts';
import { hasIntent } from './proofs/provider-agrees.ts';
import { postgresProxy } from './proxies/postgres-proxy.ts';
import { ProviderProxy } from './proxies/provider-proxy.ts';
import { Strikes } from './proxies/strikes.ts';
import { TcpProxy } from './proxies/tcp-proxy.ts';
import { WebhookRelay } from './proxies/webhook-relay.ts';

/** The processes of ours that do something when told to by others; they stand behind proxies. */
export const PROCESSES = ['worker', 'giveaway-api', 'giftcard-api', 'gateway'] as const;
export type Process = (typeof PROCESSES)[number];

const NEEDS = {
  worker: ['postgres', 'redis', 'temporal', 'provider', 'airtime'],
  'giveaway-api': ['postgres', 'redis', 'temporal'],
  'giftcard-api': ['postgres', 'redis', 'temporal', 'airtime'],
  gateway: ['redis'],
} as const satisfies Record<Process, readonly string[]>;

/** Those of our processes that others speak to: clients, and the provider with its messages. */
const SERVICES = ['giveaway-api', 'giftcard-api'] as const;
type Service = (typeof SERVICES)[number];

/** A network connection between two parts, `worker>postgres`. */
export type Link =
  | { [P in Process]: `${P}>${(typeof NEEDS)[P][number]}` }[Process]
  | `${'client' | 'provider'}>${Service}`;

const SETTINGS = {
  LOG_LEVEL: 'warn',
  ACCESS_TOKEN_TTL_MS: String(24 * 3_600_000),
  REQUEST_BUDGET_MS: '4000',
  PAYMENTS_TIMEOUT_MS: '3000',
  AIRTIME_TIMEOUT_MS: '3000',
  AIRTIME_LOOK_UP_DELAYS_MS: '2000,5000,10000,20000',
  AIRTIME_FLOAT_DELAYS_MS: '3000,10000',
  SWEEP_INTERVAL_MS: '10000',
  // Many operations are held at once, each on a connection of its own.
  DATABASE_POOL_MAX: '45',
};

const RESTART_AFTER_MS = 500;

interface Parts {
  readonly stack: Stack;
  readonly links: ReadonlyMap<Link, TcpProxy>;
  readonly strikes: Readonly<Record<Process, Strikes>>;
  readonly webhooks: WebhookRelay;
  readonly airtimeMessages: WebhookRelay;
  readonly providers: Readonly<Record<'provider' | 'airtime', ProviderProxy>>;
}

/** The real stack with a proxy in front of everything that our processes speak to. */
export class Stand {
  readonly stack: Stack;
  readonly links: ReadonlyMap<Link, TcpProxy>;
  /** What is followed, and struck, by the process that does it. */
  readonly strikes: Readonly<Record<Process, Strikes>>;
  /** What ended by itself although nobody had killed it. */
  readonly crashes: string[] = [];
  /** What the provider tells us passes here. */
  readonly webhooks: WebhookRelay;
  /** And what the airtime provider does. */
  readonly airtimeMessages: WebhookRelay;
  readonly #providers: Parts['providers'];
  #lowered = false;

  private constructor({ stack, links, strikes, webhooks, airtimeMessages, providers }: Parts) {
    this.stack = stack;
    this.links = links;
    this.strikes = strikes;
    this.webhooks = webhooks;
    this.airtimeMessages = airtimeMessages;
    this.#providers = providers;
  }

  static async raise(settings: Readonly<Record<string, string>> = {}): Promise<Stand> {
    let stand: Stand | undefined;
    const stack = await Stack.start({
      onCrash: (message, name) => stand?.noteCrash(message, name),
      settings: { ...SETTINGS, ...settings },
    });
    const strikes = {
      worker: new Strikes(),
      'giveaway-api': new Strikes(),
      'giftcard-api': new Strikes(),
      gateway: new Strikes(),
    };
    const watched = { strikes: strikes.worker, isAnnounced: (reference: string) => hasIntent(stack, reference) };
    const providers = {
      provider: await ProviderProxy.listen({
        ...watched,
        place: 'provider',
        target: stack.applicationUrl('payments-simulator'),
        judged: /\/v1\/(charges|transfers)/,
      }),
      airtime: await ProviderProxy.listen({
        ...watched,
        place: 'airtime',
        target: stack.applicationUrl('airtime-simulator'),
        judged: /\/v1\/top-ups/,
      }),
    };
    const links = new Map<Link, TcpProxy>();
    for (const process of PROCESSES) {
      const ports: Record<string, number> = {};
      for (const need of NEEDS[process]) {
        const proxy = await openLink(stack, need, { providers, strikes: strikes[process] });
        links.set(`${process}>${need}` as Link, proxy);
        ports[need] = proxy.port;
      }
      stack.settingsOf[process] = throughProxies(stack.environment, ports);
    }
    const listening: string[] = [];
    for (const service of SERVICES) {
      const port = Number(new URL(stack.applicationUrl(service)).port);
      links.set(`client>${service}`, await TcpProxy.listen(port));
      const link = await TcpProxy.listen(port);
      links.set(`provider>${service}`, link);
      listening.push(`http://127.0.0.1:${link.port}/v1/webhooks/payments`);
    }
    const webhooks = await WebhookRelay.listen(listening);
    stack.settingsOf['payments-simulator'] = { SIMULATOR_WEBHOOK_URLS: webhooks.urls };
    const toCards = links.get('provider>giftcard-api')?.port ?? 0;
    const airtimeMessages = await WebhookRelay.listen([`http://127.0.0.1:${toCards}/v1/webhooks/airtime`]);
    stack.settingsOf['airtime-simulator'] = { AIRTIME_SIMULATOR_WEBHOOK_URL: airtimeMessages.urls };
    stand = new Stand({ stack, links, strikes, webhooks, airtimeMessages, providers });
    await stack.startApplications();
    return stand;
  }

  link(name: Link): TcpProxy {
    const link = this.links.get(name);
    if (!link) throw new Error(`There is no link ${name}`);
    return link;
  }

  /** For clients. */
  urlOf(service: Service): string {
    return `http://127.0.0.1:${this.link(`client>${service}`).port}`;
  }

  /** What was broken by the way, besides what the databases show afterwards. */
  get misdeeds(): readonly string[] {
    return Object.values(this.#providers).flatMap(({ unannounced }) =>
      unannounced.map((reference) => `the provider was called for ${reference} before its intent stood`),
    );
  }

  clearWeather(): void {
    for (const link of this.links.values()) link.set({ kind: 'clear' });
  }

  /** `kill -9`, and up again; what was held is let go in between. */
  async killAndRestart(process: Process): Promise<void> {
    await this.stack.kill(process);
    this.strikes[process].release();
    await this.stack.restart(process);
  }

  /** As a supervisor would: one of ours that ended by itself comes back. A server that ends is for its scenario. */
  noteCrash(message: string, name: string): void {
    this.crashes.push(message);
    const application = APPLICATIONS.find((one) => one === name);
    if (application) void this.#comeBack(application);
  }

  async #comeBack(name: Application): Promise<void> {
    await delay(RESTART_AFTER_MS);
    if (!this.#lowered && !this.stack.processes.isRunning(name)) this.stack.launch(name);
  }

  async lower(): Promise<void> {
    this.#lowered = true;
    await this.stack.stop();
    await Promise.all([...this.links.values()].map((link) => link.close()));
    const { provider, airtime } = this.#providers;
    await Promise.all([provider, airtime, this.webhooks, this.airtimeMessages].map((one) => one.close()));
  }
}

type Need = (typeof NEEDS)[Process][number];

function openLink(
  { ports }: Stack,
  need: Need,
  { providers, strikes }: Pick<Parts, 'providers'> & { strikes: Strikes },
): Promise<TcpProxy> {
  switch (need) {
    case 'postgres':
      return postgresProxy(ports.postgres, strikes);
    case 'redis':
      return TcpProxy.listen(ports.redis);
    case 'temporal':
      return TcpProxy.listen(ports.temporal);
    case 'provider':
    case 'airtime':
      return TcpProxy.listen(providers[need].port);
  }
}

/** The addresses of the servers, by way of proxies. */
function throughProxies(
  environment: Readonly<Record<string, string>>,
  ports: Readonly<Record<string, number>>,
): Record<string, string> {
  const moved = (name: string, port: number): string =>
    Object.assign(new URL(environment[name] ?? ''), { port: String(port) }).toString();
  return {
    ...(ports['postgres']
      ? {
          DATABASE_URL_GIVEAWAY: moved('DATABASE_URL_GIVEAWAY', ports['postgres']),
          DATABASE_URL_GIFTCARD: moved('DATABASE_URL_GIFTCARD', ports['postgres']),
        }
      : {}),
    ...(ports['redis'] ? { REDIS_URL: moved('REDIS_URL', ports['redis']) } : {}),
    ...(ports['temporal'] ? { TEMPORAL_ADDRESS: `127.0.0.1:${ports['temporal']}` } : {}),
    ...(ports['airtime'] ? { AIRTIME_URL: `http://127.0.0.1:${ports['airtime']}` } : {}),
    ...(ports['provider'] ? { PAYMENTS_URL: `http://127.0.0.1:${ports['provider']}` } : {}),
  };
}
