import fs from 'node:fs';
import { type VerifyOptions } from '../../domain/proof/proof-reader.ts';
import { verifyProofLines } from '../../domain/proof/verify-proof.ts';
import { drawCrypto } from '../../runtime/draw-crypto.ts';
import { serveThread } from '../../runtime/run-in-thread.ts';
import { textLines } from '../../runtime/text-lines.ts';

export interface VerifyFile {
  readonly file: string;
  readonly options: VerifyOptions;
}

const CHUNK_BYTES = 1 << 18;

serveThread(({ file, options }: VerifyFile) =>
  verifyProofLines(textLines(fs.createReadStream(file, { highWaterMark: CHUNK_BYTES })), drawCrypto, options),
);
