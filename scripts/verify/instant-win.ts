import fs from 'node:fs';
import { INSTANT_WIN_VERSION } from '../../domain/proof/instant-win-proof.ts';
import type { InstantWinVerdict } from '../../domain/proof/verify-instant-win.ts';
import { UsageError, type VerifyArguments } from './arguments.ts';
import { readAuthorities, readJson } from './read-json.ts';
import { verifyInstantWinFile } from './verify-file.ts';

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

/**
 * Decides all attempts of an instant win again, and says what is shown. @returns the exit code: 0 valid, 1 not.
 * @throws UsageError for what can only be asked of a draw: nothing that was asked goes unchecked.
 */
export async function reportInstantWin(options: VerifyArguments): Promise<number> {
  const { proofFile, receiptFile, authoritiesFile, trustedKey, json } = options;
  for (const [name, value] of Object.entries(ofDraws(options)))
    if (value !== undefined) throw new UsageError(`${name} is about draws, and this is the proof of an instant win.`);
  const receipt = receiptFile === undefined ? undefined : await readJson(receiptFile);
  const authorities = authoritiesFile === undefined ? undefined : await readAuthorities(authoritiesFile);
  const verdict = await verifyInstantWinFile(proofFile, { trustedKey, receipt, authorities });
  console.log(json ? JSON.stringify(verdict, null, 2) : describe(verdict));
  return verdict.ok ? 0 : 1;
}

const ofDraws = ({ publishedHash, trustedChain, participantId, receiptKey }: VerifyArguments) => ({
  '--commitment': publishedHash,
  '--chain': trustedChain,
  '--participant': participantId,
  '--receipt-key': receiptKey,
});

function describe({ ok, statements, wrong, witnessed, caveats }: InstantWinVerdict): string {
  const line = (mark: string, step: string, text: string): string => `${mark.padEnd(6)}${step.padEnd(12)}${text}`;
  return [
    ...statements.map(({ step, text }) => line('ok', step, text)),
    ...(wrong ? [line('WRONG', wrong.step, wrong.text)] : caveats.map((text) => line('', 'not shown', text))),
    '',
    ok ? `VALID (instant win, ${witnessed})` : 'NOT VALID',
  ].join('\n');
}
