/** The bytes are not what a proof consists of. The message says why, as the end of a sentence. */
export class NotText extends Error {
  override readonly name = 'NotText';
}

/** @param lines that were read. @param mostLines that there are at most, once the proof has said so. */
export type Progress = (lines: number, mostLines: number | undefined) => void;

const BATCH_LINES = 500;
/** After so long the page gets its turn. */
const TURN_MS = 40;

/** Bytes as text, part by part. @throws NotText */
export async function* inTexts(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const decode = (part?: Uint8Array): string => {
    try {
      return part ? decoder.decode(part, { stream: true }) : decoder.decode();
    } catch {
      throw new NotText('it is not a text');
    }
  };
  for await (const part of bytes) yield decode(part);
  yield decode();
}

/** Lines without their ends, in batches; that of the last may be missing. Between batches the page gets its turn. */
export async function* inLines(
  head: string,
  texts: AsyncIterable<string>,
  progress: Progress,
): AsyncGenerator<string[]> {
  let rest = '';
  let count = 0;
  let most: number | undefined;
  let turn = performance.now();
  for await (const text of following(head, texts)) {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (let at = 0; at < lines.length; at += BATCH_LINES) {
      const batch = lines.slice(at, at + BATCH_LINES);
      most ??= mostLines(batch[0] ?? '');
      yield batch;
      count += batch.length;
      if (performance.now() - turn < TURN_MS) continue;
      progress(count, most);
      await new Promise((resolve) => setTimeout(resolve, 0));
      turn = performance.now();
    }
  }
  if (rest !== '') yield [rest];
}

async function* following(head: string, texts: AsyncIterable<string>): AsyncGenerator<string> {
  yield head;
  yield* texts;
}

/**
 * By the first line, which nobody has checked yet: as many ranks as entries, and some lines around them; or as many as
 * there were attempts.
 */
function mostLines(first: string): number | undefined {
  const [, entries] = /"entryCount":(\d{1,9})[,}]/.exec(first) ?? [];
  const [, attempts] = /"attemptCount":(\d{1,9})[,}]/.exec(first) ?? [];
  if (entries === undefined) return attempts === undefined ? undefined : Number(attempts) + 2;
  return 2 * Number(entries) + 4;
}
