import { describeReceipt } from '../../domain/proof/describe-receipt.ts';
import type { Statement } from '../../domain/proof/proof-reader.ts';
import type { InvalidProof, ValidProof } from '../../domain/proof/verify-proof.ts';

export interface VerifyReport {
  /** The proof is valid and, where a receipt was given, its entry is in the draw as it was received. */
  readonly ok: boolean;
  readonly proof: ValidProof | InvalidProof;
}

/** The report for machines: without the proof itself, which the caller has. */
export function summarizeReport({ ok, proof }: VerifyReport) {
  if (!proof.ok) return proof;
  const { commitment, seed } = proof.head;
  const { giveawayId, drawNumber, root } = commitment;
  const { statements, witnessed, randomness, caveats, awards, receipt } = proof;
  const draw = { giveawayId, drawNumber, root, seed, awards };
  return { ok, statements, witnessed, randomness, caveats, draw, ...(receipt && { receipt }) };
}

/** The report for people. */
export function describeReport({ proof }: VerifyReport): string {
  const lines = proof.statements.map(describeStatement);
  if (!proof.ok) return [...lines, line('WRONG', proof.step, proof.reason), '', 'NOT VALID'].join('\n');
  const { receipt } = proof;
  const awards = proof.awards.map(({ rank, unitId, participant }) => `  ${rank}. ${participant}  ${unitId}`);
  const heading = awards.length > 0 ? 'Awarded (rank, participant, prize unit):' : 'Nothing was awarded.';
  const shown = [...lines, '', heading, ...awards];
  const limits = ['', 'Not shown by this proof:', ...proof.caveats.map((caveat) => `  - ${caveat}`)];
  const mark = receipt?.kind === 'included' ? 'ok' : 'WRONG';
  const receiptLines = receipt ? ['', ...describeReceipt(receipt).map((text) => line(mark, 'receipt', text))] : [];
  const verdict = receipt && receipt.kind !== 'included' ? 'The proof is VALID, the receipt is NOT KEPT' : 'VALID';
  return [...shown, ...limits, ...receiptLines, '', `${verdict} (${proof.randomness}, ${proof.witnessed})`].join('\n');
}

const line = (mark: string, step: string, text: string): string => `${mark.padEnd(6)}${step.padEnd(12)}${text}`;

const describeStatement = ({ step, text }: Statement): string => line('ok', step, text);
