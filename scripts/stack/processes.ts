import { spawn, spawnSync, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';

export interface ProcessSpec {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly options?: SpawnOptions;
  /** What asks it to stop in order. */
  readonly signal?: NodeJS.Signals;
}

const STOP_TIMEOUT_MS = 8_000;
const LAST_LINES = 15;

/** The processes of one run: started with a log each, named in `pids` for the sweep, ended in reverse order. */
export class Processes {
  readonly #folder: string;
  readonly #running = new Map<string, { readonly spec: ProcessSpec; readonly child: ChildProcess }>();
  readonly #expected = new WeakSet<ChildProcess>();
  readonly #onCrash: (message: string, name: string) => void;

  constructor(folder: string, onCrash: (message: string, name: string) => void) {
    this.#folder = folder;
    this.#onCrash = onCrash;
    this.#note(process.pid, 'run');
  }

  start(spec: ProcessSpec): void {
    const log = fs.openSync(this.logFile(spec.name), 'a');
    const child = spawn(spec.command, spec.args, { stdio: ['ignore', log, log], detached: true, ...spec.options });
    fs.closeSync(log);
    this.#running.set(spec.name, { spec, child });
    if (child.pid) this.#note(child.pid, spec.name);
    child.once('error', (error) => this.#onCrash(`${spec.name} could not be started: ${error.message}`, spec.name));
    child.once('exit', (code, signal) => {
      if (this.#expected.has(child)) return;
      this.#onCrash(`${spec.name} ended (${code ?? signal}); its last lines:\n${this.lastLines(spec.name)}`, spec.name);
    });
  }

  isRunning(name: string): boolean {
    const child = this.#running.get(name)?.child;
    return child !== undefined && child.exitCode === null && child.signalCode === null;
  }

  /** @throws when it was never started. */
  pidOf(name: string): number {
    const pid = this.#running.get(name)?.child.pid;
    if (pid === undefined) throw new Error(`${name} was not started`);
    return pid;
  }

  /** Ends one process with a signal, and waits until it is gone. */
  async kill(name: string, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.#running.get(name)?.child;
    if (!child || !this.isRunning(name)) return;
    this.#expected.add(child);
    const gone = once(child, 'exit');
    child.kill(signal);
    const late = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await gone;
    clearTimeout(late);
  }

  /** Freezes or resumes a process without ending it. */
  signal(name: string, signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#running.get(name)?.child.kill(signal);
  }

  async stopAll(): Promise<void> {
    for (const { spec } of [...this.#running.values()].toReversed())
      await this.kill(spec.name, spec.signal ?? 'SIGTERM');
  }

  logFile(name: string): string {
    return path.join(this.#folder, `${name}.log`);
  }

  lastLines(name: string): string {
    return fs.readFileSync(this.logFile(name), 'utf8').trimEnd().split('\n').slice(-LAST_LINES).join('\n');
  }

  #note(pid: number, name: string): void {
    const { stdout } = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], {
      encoding: 'utf8',
      env: { ...process.env, LC_ALL: 'C' },
    });
    fs.appendFileSync(path.join(this.#folder, 'pids'), `${pid}\t${name}\t${stdout.trim()}\n`);
  }
}
