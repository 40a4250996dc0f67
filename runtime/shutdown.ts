import type { Log } from './log.ts';

export interface Shutdown {
  /** What was opened last is closed first. */
  onShutdown(name: string, close: () => unknown): void;
  /** True from the first signal on: `/readyz` says no, so that no new work is sent here. */
  readonly stopping: boolean;
  /** Stops the process as a signal would; only the first call counts. */
  stop(exitCode: number): Promise<void>;
}

export interface ShutdownOptions {
  readonly log: Log;
  /** How long closing may take, in milliseconds, before the process ends regardless, with exit code 1. */
  readonly graceMs: number;
}

interface Closer {
  readonly name: string;
  readonly close: () => unknown;
}

/** Takes over SIGTERM, SIGINT and unexpected errors of this process: everything is closed in order, once. */
export function handleShutdown({ log, graceMs }: ShutdownOptions): Shutdown {
  const closers: Closer[] = [];
  let stopping = false;

  async function stop(exitCode: number): Promise<void> {
    if (stopping) return;
    stopping = true;
    setTimeout(giveUp, graceMs, log).unref();
    const failed = await closeAll(closers.toReversed(), log);
    log.info('stopped');
    log.flush(() => process.exit(failed ? 1 : exitCode));
  }

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (!stopping) log.info({ signal }, 'stopping');
      void stop(0);
    });
  }
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (error) => {
      log.fatal({ err: error }, event);
      void stop(1);
    });
  }
  return {
    onShutdown: (name, close) => void closers.push({ name, close }),
    stop,
    get stopping() {
      return stopping;
    },
  };
}

/** One by one, since what was opened later may use what was opened before; a failure does not keep the rest open. */
async function closeAll(closers: readonly Closer[], log: Log): Promise<boolean> {
  let failed = false;
  for (const { name, close } of closers) {
    try {
      await close();
    } catch (error) {
      failed = true;
      log.error({ err: error, part: name }, 'could not be closed');
    }
  }
  return failed;
}

function giveUp(log: Log): void {
  log.error('closing took longer than the grace period');
  process.exit(1);
}
