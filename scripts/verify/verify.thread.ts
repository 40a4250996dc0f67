import fs from 'node:fs';
import type { InstantWinOptions } from '../../domain/proof/instant-win-reader.ts';
import type { VerifyOptions } from '../../domain/proof/proof-reader.ts';
import { type InstantWinVerdict, verifyInstantWinLines } from '../../domain/proof/verify-instant-win.ts';
import { type InvalidProof, type ValidProof, verifyProofLines } from '../../domain/proof/verify-proof.ts';
import { drawCrypto } from '../../runtime/draw-crypto.ts';
import { serveThread } from '../../runtime/run-in-thread.ts';
import { textLines } from '../../runtime/text-lines.ts';

export type VerifyFile =
  | { readonly kind: 'draw'; readonly file: string; readonly options: VerifyOptions }
  | { readonly kind: 'instant win'; readonly file: string; readonly options: InstantWinOptions };

const CHUNK_BYTES = 1 << 18;

serveThread((task: VerifyFile): Promise<ValidProof | InvalidProof | InstantWinVerdict> => {
  const lines = textLines(fs.createReadStream(task.file, { highWaterMark: CHUNK_BYTES }));
  return task.kind === 'draw'
    ? verifyProofLines(lines, drawCrypto, task.options)
    : verifyInstantWinLines(lines, drawCrypto, task.options);
});
