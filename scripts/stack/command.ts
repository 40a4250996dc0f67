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
    const misread = isMisread(error);
    if (!ending)
      process.stderr.write(`${misread ? `${error.message}\n--help says how it is used.` : describe(error)}\n`);
    void end(misread ? NOT_ASKED_RIGHTLY : 1);
  };
  process.on('uncaughtException', crash);
  main(process.argv.slice(2)).then((code) => end(code), crash);
}

const NOT_ASKED_RIGHTLY = 2;

/** An option that there is not, or one without its value. */
const isMisread = (error: unknown): error is Error =>
  error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS_');

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? [`caused by ${error.cause.message}`] : [];
  return [error.stack ?? error.message, ...cause].join('\n');
}

/** What a stack does when a part ends by itself. */
export const onCrash = (message: string): void => {
  process.stderr.write(`${message}\n`);
  void end(1);
};
