import { spawn, type ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import type { RunFolder } from './run-folder.ts';
import type { ServerUser } from './server-user.ts';

const STOP_GRACE_MS = 12_000;
const LAST_LINES = 20;

/** How to run one part of the stack; the same each time it is started, so that it comes back on its port and data. */
export interface ProcessPlan {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly user?: ServerUser | undefined;
  /** Asks it to end in order. */
  readonly stopSignal?: NodeJS.Signals;
  /** Resolves once it serves; repeats by itself, and gives up when the signal says that the process has ended. */
  readonly ready: (signal: AbortSignal) => Promise<unknown>;
}

/** One process of the stack. What it prints is in `<run folder>/<name>.log`. */
export class ManagedProcess {
  readonly plan: ProcessPlan;
  readonly logFile: string;
  readonly #folder: RunFolder;
  readonly #onUnexpectedExit: (error: Error) => void;
  #child: ChildProcess | undefined;
  #exit: Promise<void> = Promise.resolve();
  /** Whether its end would be our own doing, or is waited for by `start`. */
  #endExpected = true;

  constructor(plan: ProcessPlan, folder: RunFolder, onUnexpectedExit: (error: Error) => void) {
    this.plan = plan;
    this.#folder = folder;
    this.#onUnexpectedExit = onUnexpectedExit;
    this.logFile = path.join(folder.path, `${plan.name}.log`);
  }

  get running(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Starts it and waits until it serves. @throws with its last lines, when it ends or stays silent instead. */
  async start(): Promise<void> {
    if (this.running) throw new Error(`${this.plan.name} runs already.`);
    const child = this.#spawn();
    const ended = new AbortController();
    this.#exit = new Promise((resolve) => {
      child.once('error', (error) => {
        ended.abort(new Error(`${this.plan.name} cannot be started: ${error.message}`));
        if (child.pid === undefined) this.#child = undefined;
        resolve();
      });
      child.once('exit', (code, signal) => {
        ended.abort(this.#ended(code ?? signal));
        if (!this.#endExpected) this.#onUnexpectedExit(this.#ended(code ?? signal));
        resolve();
      });
    });
    try {
      await this.plan.ready(ended.signal);
      ended.signal.throwIfAborted();
    } catch (error) {
      throw ended.signal.aborted ? ended.signal.reason : new Error(`${this.plan.name} is not ready: ${String(error)}\n${this.lastLines()}`);
    }
    this.#endExpected = false;
  }

  /** Sends the signal and waits for the end. */
  async kill(signal: NodeJS.Signals): Promise<void> {
    if (!this.running) return;
    this.#endExpected = true;
    this.#signalGroup(signal);
    await this.#exit;
  }

  /** Stops it where it stands (no answer, no end) until `thaw`. */
  freeze(): void {
    this.#signalGroup('SIGSTOP');
  }

  thaw(): void {
    this.#signalGroup('SIGCONT');
  }

  /** Ends it in order; kills it when it takes longer than that may. */
  async stop(): Promise<void> {
    if (!this.running) return;
    this.thaw();
    const impatience = setTimeout(() => this.#signalGroup('SIGKILL'), STOP_GRACE_MS);
    await this.kill(this.plan.stopSignal ?? 'SIGTERM');
    clearTimeout(impatience);
    // What it started and did not wait for.
    this.#signalGroup('SIGKILL');
  }

  lastLines(): string {
    const lines = fs.existsSync(this.logFile) ? fs.readFileSync(this.logFile, 'utf8').trimEnd().split('\n') : [];
    return lines.slice(-LAST_LINES).map((line) => `  ${this.plan.name} | ${line}`).join('\n');
  }

  #spawn(): ChildProcess {
    const { command, args, environment, cwd, user } = this.plan;
    const log = fs.openSync(this.logFile, 'a');
    // The leader of a group of its own: signals of the terminal do not reach it, and ours reach what it starts.
    const child = spawn(command, args, { stdio: ['ignore', log, log], detached: true, env: environment, cwd, ...user });
    fs.closeSync(log);
    if (child.pid !== undefined) this.#folder.note(child.pid, this.plan.name);
    this.#child = child;
    this.#endExpected = true;
    return child;
  }

  #ended(how: number | string | null): Error {
    return new Error(`${this.plan.name} ended (${how}). Its last lines:\n${this.lastLines()}`);
  }

  #signalGroup(signal: NodeJS.Signals): void {
    if (this.#child?.pid === undefined) return;
    try {
      process.kill(-this.#child.pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}
