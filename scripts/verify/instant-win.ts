import fs from 'node:fs';
import { INSTANT_WIN_VERSION } from '../../domain/proof/instant-win-proof.ts';
import { verifyInstantWin, type InstantWinVerdict } from '../../domain/proof/verify-instant-win.ts';
import { drawCrypto } from '../../runtime/draw-crypto.ts';
import type { VerifyArguments } from './arguments.ts';
import { readJson } from './read-json.ts';

/** A proof says at its beginning of which kind it is. */
const HEAD_BYTES = 256;

/** Whether the file begins as the proof of an instant win; what cannot be read is not one. */
export function isInstantWinFile(file: string): boolean {
  try {
    const opened = fs.openSync(file, 'r');
    try {
      const head = Buffer.alloc(HEAD_BYTES);
      fs.readSync(opened, head);
      return head.includes(`"${INSTANT_WIN_VERSION}"`);
    } finally {
      fs.closeSync(opened);
    }
  } catch {
    return false;
  }
}

/** Decides all attempts of an instant win again, and says what is shown. @returns the exit code: 0 valid, 1 not. */
export async function reportInstantWin(options: VerifyArguments): Promise<number> {
  const { proofFile, receiptFile, trustedKey, json } = options;
  const document = await readJson(proofFile);
  const receipt = receiptFile === undefined ? undefined : await readJson(receiptFile);
  const verdict = verifyInstantWin(document, drawCrypto, { trustedKey, receipt });
  console.log(json ? JSON.stringify(verdict, null, 2) : describe(verdict));
  return verdict.ok ? 0 : 1;
}

function describe({ ok, statements, wrong, caveats }: InstantWinVerdict): string {
  const line = (mark: string, step: string, text: string): string => `${mark.padEnd(6)}${step.padEnd(12)}${text}`;
  return [
    ...statements.map(({ step, text }) => line('ok', step, text)),
    ...(wrong ? [line('WRONG', wrong.step, wrong.text)] : caveats.map((text) => line('', 'not shown', text))),
    '',
    ok ? 'VALID (instant win, commit-reveal)' : 'NOT VALID',
  ].join('\n');
}
