import type { DrawAward } from '../domain/draw/assign-prizes.ts';
import { describeReceipt } from '../domain/proof/describe-receipt.ts';
import { INSTANT_WIN_VERSION } from '../domain/proof/instant-win-proof.ts';
import type { ProofCrypto } from '../domain/proof/proof.ts';
import type { KnownElsewhere } from '../domain/proof/trust-checks.ts';
import { verifyInstantWinLines } from '../domain/proof/verify-instant-win.ts';
import { type ValidProof, verifyProofLines } from '../domain/proof/verify-proof.ts';
import { inLines, inTexts, NotText, type Progress } from './proof-lines.ts';

/** What the page says of a proof. */
export interface Finding {
  readonly ok: boolean;
  readonly verdict: string;
  readonly shown: readonly string[];
  readonly limits: readonly string[];
  /** Of a receipt, where one was asked for. */
  readonly receipt?: readonly string[];
  readonly rules?: string;
  readonly awards?: readonly DrawAward[];
}

export interface CheckOptions extends KnownElsewhere {
  /** As parsed from JSON; nothing is assumed of it. */
  readonly receipt?: unknown;
}

/** A proof says at its beginning of which kind it is. */
const HEAD_CHARACTERS = 256;

/**
 * Checks a proof from its bytes as they arrive, line by line, however large it is: of a draw, or of an instant win.
 * @param progress is told now and then how far it is; what it throws ends the check.
 * @throws what reading the bytes throws.
 */
export async function checkProof(
  bytes: AsyncIterable<Uint8Array>,
  crypto: ProofCrypto,
  options: CheckOptions,
  progress: Progress = () => {},
): Promise<Finding> {
  try {
    const texts = inTexts(bytes);
    let head = '';
    while (head.length < HEAD_CHARACTERS) {
      const { value, done } = await texts.next();
      if (done === true) break;
      head += value;
    }
    const isInstantWin = head.slice(0, HEAD_CHARACTERS).includes(`"${INSTANT_WIN_VERSION}"`);
    return isInstantWin
      ? await checkInstantWin(inLines(head, texts, progress), crypto, options)
      : await checkDraw(inLines(head, texts, progress), crypto, options);
  } catch (error) {
    if (error instanceof NotText) return refusal(error.message);
    throw error;
  }
}

async function checkDraw(
  lines: AsyncIterable<readonly string[]>,
  crypto: ProofCrypto,
  { receipt, ...known }: CheckOptions,
): Promise<Finding> {
  const options = receipt === undefined ? known : { ...known, receipt: { document: receipt } };
  const result = await verifyProofLines(lines, crypto, options);
  const shown = result.statements.map((statement) => statement.text);
  if (!result.ok) return refusal(result.reason, shown);
  return { ...verdictOf(result), shown, limits: result.caveats, rules: result.head.rules, awards: result.awards };
}

function verdictOf({ randomness, witnessed, receipt }: ValidProof): Pick<Finding, 'ok' | 'verdict' | 'receipt'> {
  const verdict = `Valid (${randomness}, ${witnessed})`;
  if (!receipt) return { ok: true, verdict };
  const ok = receipt.kind === 'included';
  return {
    ok,
    verdict: ok ? `${verdict}, and your entry is in it` : 'The proof is valid, but the receipt is not kept',
    receipt: describeReceipt(receipt),
  };
}

async function checkInstantWin(
  lines: AsyncIterable<readonly string[]>,
  crypto: ProofCrypto,
  { trustedKey, authorities, receipt }: CheckOptions,
): Promise<Finding> {
  const options = { trustedKey, authorities, receipt };
  const { ok, statements, wrong, witnessed, caveats } = await verifyInstantWinLines(lines, crypto, options);
  const shown = statements.map((statement) => statement.text);
  if (!ok) return refusal(wrong?.text ?? '', shown);
  return { ok, verdict: `Valid (instant win, ${witnessed})`, shown, limits: caveats };
}

const refusal = (reason: string, shown: readonly string[] = []): Finding => ({
  ok: false,
  verdict: `Not valid: ${reason}`,
  shown,
  limits: [],
});
