import { Readable } from 'node:stream';
import { setFlagsFromString } from 'node:v8';
import { parentPort, Worker, workerData } from 'node:worker_threads';

/**
 * Long computations, in a thread of their own: the event loop of the process goes on. A thread's file calls
 * `serveThread` or `serveStream`; what goes in and comes out is cloned.
 */

/**
 * Each thread reads TypeScript by Node's own WebAssembly. After 1,000 calls from there V8 compiles how they are made, and
 * keeps that for all threads of the process; a thread that ends while another one begins to use it takes it away, and the
 * process dies of SIGSEGV or SIGTRAP (Runtime_TierUpWasmToJSWrapper, V8 13.6). So it is never compiled.
 */
setFlagsFromString('--wasm-wrapper-tiering-budget=1000000000');

type FromThread =
  | { readonly kind: 'result'; readonly value: unknown }
  | { readonly kind: 'chunk'; readonly chunk: Uint8Array }
  | { readonly kind: 'failure'; readonly error: unknown };

/** How many chunks a thread may be ahead of whoever reads them. */
const CHUNKS_AHEAD = 4;

/**
 * @param file of the thread: `new URL('./name.thread.ts', import.meta.url)`.
 * @param signal ends the thread.
 * @throws what the work throws, as a plain Error.
 */
export function runInThread<T>(file: URL, input: unknown, signal?: AbortSignal): Promise<T> {
  const worker = new Worker(file, { workerData: input });
  const aborted = new Promise<never>((_, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
  const done = new Promise<T>((resolve, reject) => {
    worker.on('message', (message: FromThread) => {
      if (message.kind === 'result') resolve(message.value as T);
      else if (message.kind === 'failure') reject(message.error);
    });
    worker.on('error', reject);
    worker.on('exit', (code) => reject(new Error(`The thread ended with ${code} before its work was done`)));
  });
  return Promise.race([done, aborted]).finally(() => void worker.terminate());
}

/** What a thread writes, as a stream; the thread waits while nobody reads, and ends with the stream. */
export function streamFromThread(file: URL, input: unknown): Readable {
  const worker = new Worker(file, { workerData: input });
  const stream = new Readable({
    read: () => worker.postMessage('more', []),
    destroy: (error, done) => {
      void worker.terminate();
      done(error);
    },
  });
  worker.on('message', (message: FromThread) => {
    if (message.kind === 'chunk') stream.push(message.chunk);
    else if (message.kind === 'failure') stream.destroy(message.error as Error);
    else stream.push(null);
  });
  worker.on('error', (error) => stream.destroy(error as Error));
  return stream;
}

/** In the thread: does the work once, and answers. */
export function serveThread<I>(work: (input: I) => Promise<unknown>): void {
  const port = requirePort();
  work(workerData as I).then(
    (value) => port.postMessage({ kind: 'result', value } satisfies FromThread),
    (error: unknown) => port.postMessage({ kind: 'failure', error } satisfies FromThread),
  );
}

/** @returns a promise to wait for where the reader is behind. */
export type WriteChunk = (chunk: Uint8Array) => Promise<void> | undefined;

/** In the thread: writes chunk after chunk. */
export function serveStream<I>(work: (input: I, write: WriteChunk) => Promise<void>): void {
  const port = requirePort();
  let ahead = CHUNKS_AHEAD;
  let resume: (() => void) | undefined;
  port.on('message', () => {
    ahead = CHUNKS_AHEAD;
    resume?.();
  });
  const write: WriteChunk = (chunk) => {
    port.postMessage({ kind: 'chunk', chunk } satisfies FromThread);
    ahead -= 1;
    if (ahead > 0) return undefined;
    return new Promise((resolve) => {
      resume = resolve;
    });
  };
  serveThread<I>((input) => work(input, write));
}

function requirePort(): NonNullable<typeof parentPort> {
  if (parentPort === null) throw new Error('This file is started as a thread');
  return parentPort;
}
