import { spawn } from 'node:child_process';
import path from 'node:path';
import { started } from './say.mjs';

const REPEAT_MS = 1_000;

/**
 * Runs commands one after the other and stops the current one in order. The runner gets a session of its own, so that
 * Ctrl-C reaches only this process, and a pipe as fd 3: that it closes means "stop", whether this process asks for it
 * or dies in any way.
 */
export class Runner {
  #root;
  #parent = process.ppid;
  #current;
  #stoppedAt;

  constructor(root) {
    this.#root = root;
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => this.#stop());
    // npm killed with -9 tells nobody.
    setInterval(() => process.ppid === this.#parent || this.#stop(), 300).unref();
  }

  get stopping() {
    return this.#stoppedAt !== undefined;
  }

  /** @returns its exit code. */
  run(command, args) {
    return this.#spawn(command, args, { stdio: 'inherit' });
  }

  /** Runs a script of ours under Node 24. @returns its exit code. */
  runScript(node, script, args) {
    const env = { ...process.env, ...started, HANDSEL_STOP_PIPE: '3', PATH: `${path.dirname(node)}:${process.env['PATH']}` };
    const flags = ['--disable-warning=ExperimentalWarning'];
    const stdio = ['inherit', 'inherit', 'inherit', 'pipe'];
    return this.#spawn(node, [...flags, script, ...args], { stdio, detached: true, env });
  }

  #spawn(command, args, options) {
    return new Promise((resolve, reject) => {
      if (this.stopping) return resolve(130);
      this.#current = spawn(command, args, { cwd: this.#root, ...options });
      this.#current.stdio[3]?.on('error', () => {});
      this.#current.on('error', reject);
      this.#current.on('exit', (code) => resolve(code ?? 1));
    });
  }

  /** One Ctrl-C arrives twice, as the terminal's group and npm both send it: a repeat within a second is the same wish. */
  #stop() {
    const first = !this.stopping;
    this.#stoppedAt ??= Date.now();
    const pipe = this.#current?.stdio[3];
    if (first && pipe) pipe.end();
    else if (first) this.#current?.kill('SIGTERM');
    else if (Date.now() - this.#stoppedAt > REPEAT_MS) this.#killNow();
  }

  #killNow() {
    try {
      process.kill(this.#current.stdio[3] ? -this.#current.pid : this.#current.pid, 'SIGKILL');
    } catch {
      // It has ended in between.
    }
  }
}
