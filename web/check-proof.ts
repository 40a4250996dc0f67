import { INSTANT_WIN_VERSION } from '../domain/proof/instant-win-proof.ts';
import type { ProofCrypto } from '../domain/proof/proof.ts';
import type { VerifyOptions } from '../domain/proof/proof-reader.ts';
import { verifyInstantWin } from '../domain/proof/verify-instant-win.ts';
import { verifyProofLines } from '../domain/proof/verify-proof.ts';

/** What the page says of a proof. */
export interface Finding {
  readonly ok: boolean;
  readonly verdict: string;
  readonly shown: readonly string[];
  readonly limits: readonly string[];
}

/** A proof says at its beginning of which kind it is. */
const HEAD_CHARACTERS = 256;

/** Checks the bytes of a proof as it was downloaded: of a draw, line by line, or of an instant win. */
export async function checkProof(bytes: Uint8Array, crypto: ProofCrypto, options: VerifyOptions): Promise<Finding> {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return refusal('it is not a text');
  }
  if (text.slice(0, HEAD_CHARACTERS).includes(`"${INSTANT_WIN_VERSION}"`)) return checkInstantWin(text, crypto);
  const result = await verifyProofLines(inBatches(text), crypto, options);
  const shown = result.statements.map((statement) => statement.text);
  return result.ok
    ? { ok: true, verdict: `Valid (${result.randomness}, ${result.witnessed})`, shown, limits: result.caveats }
    : refusal(result.reason, shown);
}

function checkInstantWin(text: string, crypto: ProofCrypto): Finding {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return refusal('it is not JSON');
  }
  const { ok, statements, wrong, caveats } = verifyInstantWin(document, crypto);
  const shown = statements.map((statement) => statement.text);
  return ok
    ? { ok, verdict: 'Valid (instant win, commit-reveal)', shown, limits: caveats }
    : refusal(wrong?.text ?? '', shown);
}

const refusal = (reason: string, shown: readonly string[] = []): Finding => ({
  ok: false,
  verdict: `Not valid: ${reason}`,
  shown,
  limits: [],
});

const BATCH_LINES = 1_000;

/** The lines without their ends; between batches the browser gets its turn. */
async function* inBatches(text: string): AsyncGenerator<string[]> {
  const lines = (text.endsWith('\n') ? text.slice(0, -1) : text).split('\n');
  for (let at = 0; at < lines.length; at += BATCH_LINES) {
    yield lines.slice(at, at + BATCH_LINES);
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
}
