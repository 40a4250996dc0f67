import type { InstantWinOptions } from '../../domain/proof/instant-win-reader.ts';
import type { VerifyOptions } from '../../domain/proof/proof-reader.ts';
import type { InstantWinVerdict } from '../../domain/proof/verify-instant-win.ts';
import type { InvalidProof, ValidProof } from '../../domain/proof/verify-proof.ts';
import { runInThread } from '../../runtime/run-in-thread.ts';
import { UnreadableFile } from './read-json.ts';
import type { VerifyFile } from './verify.thread.ts';

/**
 * In a thread, line by line: a proof of a million entries is larger than what one may want to hold.
 * @throws UnreadableFile
 */
export const verifyFile = (file: string, options: VerifyOptions): Promise<ValidProof | InvalidProof> =>
  inThread({ kind: 'draw', file, options });

/** The same of an instant win. @throws UnreadableFile */
export const verifyInstantWinFile = (file: string, options: InstantWinOptions): Promise<InstantWinVerdict> =>
  inThread({ kind: 'instant win', file, options });

async function inThread<T>(task: VerifyFile): Promise<T> {
  try {
    return await runInThread<T>(new URL('./verify.thread.ts', import.meta.url), task);
  } catch (error) {
    throw new UnreadableFile(task.file, error);
  }
}
