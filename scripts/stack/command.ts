import net from 'node:net';
import { say } from './run.ts';
import { currentStack } from './stack.ts';

let ending: Promise<never> | undefined;

/** Stops what runs, in order, and ends the process; a second call waits for the first. */
export function end(code: number): Promise<never> {
  ending ??= (async () => {
    const stack = currentStack();
    if (stack) {
      await stack.stop();
      say('stopped');
    }
    process.exit(code);
  })();
  return ending;
}

/**
 * Runs a command so that nothing outlives it: the pipe on fd 3 closes when the bootstrap wants a stop or has died, and
 * signals and crashes end in the same orderly stop.
 */
export function runCommand(main: (args: readonly string[]) => Promise<number>): void {
  const watch = new net.Socket({ fd: 3 });
  const stop = (): void => void end(130);
  watch.on('close', stop).on('error', stop).resume();
  watch.unref();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
  // Whoever reads our output may be gone before us.
  process.stdout.on('error', () => {});
  process.stderr.on('error', () => {});
  const crash = (error: unknown): void => {
    if (!ending) process.stderr.write(`${error instanceof Error ? describe(error) : String(error)}\n`);
    void end(1);
  };
  process.on('uncaughtException', crash);
  main(process.argv.slice(2)).then((code) => end(code), crash);
}

const describe = (error: Error): string =>
  [error.stack ?? error.message, ...(error.cause instanceof Error ? [`caused by ${error.cause.message}`] : [])].join(
    '\n',
  );

/** What a stack does when a part ends by itself. */
export const onCrash = (message: string): void => {
  process.stderr.write(`${message}\n`);
  void end(1);
};
