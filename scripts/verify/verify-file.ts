import type { VerifyOptions } from '../../domain/proof/proof-reader.ts';
import type { InvalidProof, ValidProof } from '../../domain/proof/verify-proof.ts';
import { runInThread } from '../../runtime/run-in-thread.ts';
import { UnreadableFile } from './read-json.ts';
import type { VerifyFile } from './verify.thread.ts';

/**
 * In a thread, line by line: a proof of a million entries is larger than what one may want to hold.
 * @throws UnreadableFile
 */
export async function verifyFile(file: string, options: VerifyOptions): Promise<ValidProof | InvalidProof> {
  try {
    const input: VerifyFile = { file, options };
    return await runInThread(new URL('./verify.thread.ts', import.meta.url), input);
  } catch (error) {
    throw new UnreadableFile(file, error);
  }
}
