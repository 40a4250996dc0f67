import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { makeEnvironment, type ApplicationPorts } from './environment.ts';
import { onDatabase, query, startPostgres } from './postgres.ts';
import { Processes } from './processes.ts';
import { startRedis } from './redis.ts';
import { createRunFolder, freePort, isFree, root, say, until } from './run.ts';
import { givenServers, migrateBoth, prepareGiven, type DatabaseUrls } from './given-servers.ts';
import { startTemporal } from './temporal.ts';

export type Application =
  | Witness
  | 'payments-simulator'
  | 'social-simulator'
  | 'mail-simulator'
  | 'airtime-simulator'
  | 'giveaway-api'
  | 'giftcard-api'
  | 'worker'
  | 'gateway';
/** Simulators whose keys the product is told to trust before it starts. */
export type Witness = 'beacon-simulator' | 'timestamp-simulator';
export type Server = 'postgres' | 'redis' | 'temporal';
export type PartName = Application | Server;

export const APPLICATIONS: readonly Application[] = [
  'payments-simulator',
  'social-simulator',
  'mail-simulator',
  'airtime-simulator',
  'giveaway-api',
  'giftcard-api',
  'worker',
  'gateway',
];

const WITNESSES: readonly Witness[] = ['beacon-simulator', 'timestamp-simulator'];

const MAIN: Readonly<Record<Application, string>> = {
  'payments-simulator': 'simulators/payments/main.ts',
  'social-simulator': 'simulators/social/main.ts',
  'mail-simulator': 'simulators/mail/main.ts',
  'airtime-simulator': 'simulators/airtime/main.ts',
  'beacon-simulator': 'simulators/beacon/main.ts',
  'timestamp-simulator': 'simulators/timestamp/main.ts',
  'giveaway-api': 'api/giveaway/main.ts',
  'giftcard-api': 'api/giftcard/main.ts',
  worker: 'temporal-config/main.ts',
  gateway: 'temporal-config/main.ts',
};

const OWN_SETTINGS: Readonly<Partial<Record<Application, Record<string, string>>>> = {
  worker: { JOB_MODE: 'worker' },
  gateway: { JOB_MODE: 'gateway' },
};

const READY_TIMEOUT_MS = 180_000;

export interface StackOptions {
  /** Fixed ports 5000-5003 where they are free, and servers of the user's own where the environment names them. */
  readonly fixedPorts?: boolean;
  readonly settings?: Readonly<Record<string, string>>;
  /** A part ended that nobody had ended. */
  readonly onCrash: (message: string, name: string) => void;
}

interface Ports extends ApplicationPorts {
  readonly postgres: number;
  readonly redis: number;
  readonly temporal: number;
  readonly temporalUi: number;
}

/** The real servers and our own processes, private to one run. What is killed can be started again on its port and data. */
export class Stack {
  readonly runDir: string;
  readonly ports: Ports;
  readonly processes: Processes;
  environment: Record<string, string> = {};
  /** Settings of one process only, over those of all; from its next start on. */
  readonly settingsOf: Partial<Record<Application, Readonly<Record<string, string>>>> = {};
  databaseAdminUrl = '';

  private constructor(runDir: string, ports: Ports, options: StackOptions) {
    this.runDir = runDir;
    this.ports = ports;
    this.processes = new Processes(runDir, options.onCrash);
  }

  /** Starts PostgreSQL, Redis and Temporal in parallel and brings both databases to the newest schema. */
  static async start(options: StackOptions): Promise<Stack> {
    const stack = new Stack(createRunFolder(), await choosePorts(options.fixedPorts ?? false), options);
    current = stack;
    const given = options.fixedPorts ? givenServers() : {};
    const [databaseUrls, redisUrl, temporalAddress] = await Promise.all([
      given.databaseUrls ? migrateBoth(given.databaseUrls) : stack.#startPostgres(),
      given.redisUrl ?? startRedis(stack.processes, stack.runDir, stack.ports.redis),
      given.temporalAddress
        ? prepareGiven(given.temporalAddress)
        : startTemporal(stack.processes, stack.runDir, stack.ports),
    ]);
    stack.environment = {
      ...makeEnvironment({ databaseUrls, redisUrl, temporalAddress }, stack.ports),
      SIMULATOR_DATA_FILE: path.join(stack.runDir, 'payments.sqlite'),
      SOCIAL_SIMULATOR_DATA_FILE: path.join(stack.runDir, 'social.sqlite'),
      MAIL_SIMULATOR_DATA_FILE: path.join(stack.runDir, 'mail.sqlite'),
      AIRTIME_SIMULATOR_DATA_FILE: path.join(stack.runDir, 'airtime.sqlite'),
      BEACON_SIMULATOR_DATA_FILE: path.join(stack.runDir, 'beacon.sqlite'),
      TIMESTAMP_SIMULATOR_DATA_FILE: path.join(stack.runDir, 'timestamp.sqlite'),
      ...options.settings,
    };
    stack.#writeEnvironment();
    say(`PostgreSQL, Redis and Temporal are up in ${stack.runDir}`);
    return stack;
  }

  async #startPostgres(): Promise<DatabaseUrls> {
    const url = await startPostgres(this.processes, this.runDir, this.ports.postgres);
    this.databaseAdminUrl = url;
    for (const name of ['giveaway', 'giftcard'] as const) {
      const exists = await query(url, `select 1 from pg_database where datname = '${name}'`);
      if (exists.length === 0) await query(url, `create database ${name}`);
    }
    return migrateBoth({ giveaway: onDatabase(url, 'giveaway'), giftcard: onDatabase(url, 'giftcard') });
  }

  async startApplications(names: readonly Application[] = APPLICATIONS): Promise<void> {
    if (names.some((name) => name === 'giveaway-api' || name === 'worker')) await this.#trustWitnesses();
    await Promise.all(names.map((name) => this.startApplication(name)));
    say(`${names.join(', ')} ${names.length === 1 ? 'is' : 'are'} up`);
  }

  /** A beacon and an authority of this run's own: which they are, the product is told, as it would be of real ones. */
  async #trustWitnesses(): Promise<void> {
    if (this.processes.isRunning('beacon-simulator')) return;
    await Promise.all(WITNESSES.map((name) => this.startApplication(name)));
    const chains = await fetch(`${this.applicationUrl('beacon-simulator')}/chains`);
    const [chainHash] = (await chains.json()) as string[];
    const certificate = await fetch(`${this.applicationUrl('timestamp-simulator')}/certificate`);
    this.environment['BEACON_CHAIN_HASH'] ??= chainHash ?? '';
    this.environment['TIMESTAMP_CERTIFICATES'] ??= await certificate.text();
    this.#writeEnvironment();
  }

  #writeEnvironment(): void {
    fs.writeFileSync(path.join(this.runDir, 'environment.json'), JSON.stringify(this.environment), { mode: 0o600 });
  }

  /** Starts a process without waiting for it. */
  launch(name: Application): void {
    const { PATH, NODE_COMPILE_CACHE } = process.env;
    this.processes.start({
      name,
      command: process.execPath,
      args: ['--disable-warning=ExperimentalWarning', path.join(root, MAIN[name])],
      options: {
        cwd: root,
        env: { PATH, NODE_COMPILE_CACHE, ...this.environment, ...OWN_SETTINGS[name], ...this.settingsOf[name] },
      },
    });
  }

  async startApplication(name: Application): Promise<void> {
    this.launch(name);
    await until(name, READY_TIMEOUT_MS, async () => {
      if (!this.processes.isRunning(name)) throw new Error(`${name} is not running`);
      const response = await fetch(`${this.applicationUrl(name)}/readyz`, { signal: AbortSignal.timeout(2_000) });
      if (!response.ok) throw new Error(`${name} is not ready: ${await response.text()}`);
    });
  }

  /** Starts again what was killed, on the same port and data. */
  async restart(name: PartName): Promise<void> {
    if (name === 'postgres') await startPostgres(this.processes, this.runDir, this.ports.postgres);
    else if (name === 'redis') await startRedis(this.processes, this.runDir, this.ports.redis);
    else if (name === 'temporal') await startTemporal(this.processes, this.runDir, this.ports);
    else await this.startApplication(name);
  }

  async kill(name: PartName, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    await this.processes.kill(name, signal);
  }

  applicationUrl(name: Application): string {
    const { payments, social, mail, airtime, beacon, timestamp, giveawayApi, giftcardApi, worker, gateway } =
      this.ports;
    const ports = {
      'payments-simulator': payments,
      'social-simulator': social,
      'mail-simulator': mail,
      'airtime-simulator': airtime,
      'beacon-simulator': beacon,
      'timestamp-simulator': timestamp,
      'giveaway-api': giveawayApi,
      'giftcard-api': giftcardApi,
      worker,
      gateway,
    };
    return `http://127.0.0.1:${ports[name]}`;
  }

  get temporalUiUrl(): string {
    return `http://127.0.0.1:${this.ports.temporalUi}`;
  }

  urls(): Record<string, string> {
    return {
      'giveaway-api': `${this.applicationUrl('giveaway-api')}/docs`,
      'giftcard-api': `${this.applicationUrl('giftcard-api')}/docs`,
      gateway: this.applicationUrl('gateway'),
      'worker metrics': `${this.applicationUrl('worker')}/metrics`,
      'Temporal UI': this.temporalUiUrl,
    };
  }

  /** For `status` of another process. */
  writeUrls(): void {
    fs.writeFileSync(path.join(this.runDir, 'urls.json'), JSON.stringify(this.urls()));
  }

  async stop(): Promise<void> {
    await this.processes.stopAll();
    fs.rmSync(this.runDir, { recursive: true, force: true });
  }
}

export interface RunningStack {
  readonly runDir: string;
  readonly pid: number;
  readonly environment: Record<string, string>;
}

/** The newest stack of this user that was left up by `stack up`, `dev` or `demo --keep`. */
export function findRunningStack(): RunningStack | undefined {
  const folders = ['/tmp', os.tmpdir(), '/var/tmp', '/dev/shm'].flatMap((base) =>
    fs.existsSync(base)
      ? fs
          .readdirSync(base)
          .filter((name) => name.startsWith('handsel-'))
          .map((name) => path.join(base, name))
      : [],
  );
  for (const runDir of folders.filter((folder) => fs.existsSync(path.join(folder, 'urls.json')))) {
    const rows = fs
      .readFileSync(path.join(runDir, 'pids'), 'utf8')
      .trim()
      .split('\n')
      .map((row) => row.split('\t'));
    const pid = Number(rows.find(([, name]) => name === 'run')?.[0] ?? 0);
    const environment = JSON.parse(fs.readFileSync(path.join(runDir, 'environment.json'), 'utf8')) as Record<
      string,
      string
    >;
    if (pid > 0 && fs.existsSync(`/proc/${pid}`)) return { runDir, pid, environment };
  }
  return undefined;
}

let current: Stack | undefined;

/** The stack of this process, if one is being started or runs: an early stop must end it too. */
export const currentStack = (): Stack | undefined => current;

async function choosePorts(fixed: boolean): Promise<Ports> {
  const pick = async (wanted: number): Promise<number> => (fixed && (await isFree(wanted)) ? wanted : freePort());
  return {
    giveawayApi: await pick(5000),
    worker: await pick(5001),
    giftcardApi: await pick(5002),
    gateway: await pick(5003),
    payments: await pick(5010),
    social: await pick(5011),
    mail: await pick(5012),
    smtp: await pick(5025),
    beacon: await pick(5013),
    timestamp: await pick(5014),
    airtime: await pick(5015),
    temporal: await pick(7233),
    temporalUi: await pick(8233),
    postgres: await freePort(),
    redis: await freePort(),
  };
}
