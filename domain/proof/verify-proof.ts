import type { DrawAward } from '../draw/assign-prizes.ts';
import { InvalidDraw } from '../draw/invalid-draw.ts';
import type { RandomnessSource } from '../draw/randomness.ts';
import { caveatsOf } from './caveats.ts';
import type { ProofCrypto, ProofHead } from './proof.ts';
import { ProofReader, type ProofStep, type Statement, type VerifyOptions } from './proof-reader.ts';
import { proofLines } from './proof-text.ts';
import { readWitness } from './randomness-checks.ts';
import type { ReceiptVerdict } from './receipt-search.ts';

export interface ValidProof {
  readonly ok: true;
  readonly statements: readonly Statement[];
  /** Who vouches for the time at which the commitment was published. */
  readonly witnessed: 'witnessed' | 'operator-asserted';
  readonly randomness: RandomnessSource['kind'];
  /** What this proof, valid as it is, does not show. */
  readonly caveats: readonly string[];
  readonly head: ProofHead;
  readonly awards: readonly DrawAward[];
  /** Where one was asked for. */
  readonly receipt?: ReceiptVerdict;
}

export interface InvalidProof {
  readonly ok: false;
  readonly step: ProofStep;
  readonly reason: string;
  /** What had been shown before. */
  readonly statements: readonly Statement[];
}

/**
 * Repeats a draw from its proof. Offline, deterministic, and the same on a server, a command line and in a browser.
 * @param value the proof as parsed from JSON; nothing is assumed of it.
 * @throws nothing: whatever is wrong with the proof is in the result.
 */
export function verifyProof(
  value: unknown,
  crypto: ProofCrypto,
  options: VerifyOptions = {},
): ValidProof | InvalidProof {
  const reader = new ProofReader(crypto, options);
  try {
    for (const line of proofLines(value)) reader.read(line);
    return describeValid(reader, crypto, options);
  } catch (error) {
    return describeInvalid(reader, error);
  }
}

/**
 * The same for a proof of any size, from its text.
 * @param lines in batches, without their ends.
 * @throws what reading the lines throws.
 */
export async function verifyProofLines(
  lines: AsyncIterable<readonly string[]>,
  crypto: ProofCrypto,
  options: VerifyOptions = {},
): Promise<ValidProof | InvalidProof> {
  const reader = new ProofReader(crypto, options);
  try {
    for await (const batch of lines) {
      for (const line of batch) reader.read(line);
    }
    return describeValid(reader, crypto, options);
  } catch (error) {
    return describeInvalid(reader, error);
  }
}

/** @throws the error where it is of something else than the proof. */
function describeInvalid({ step, statements }: ProofReader, error: unknown): InvalidProof {
  if (error instanceof InvalidDraw) return { ok: false, step, reason: error.message, statements };
  throw error;
}

function describeValid(reader: ProofReader, crypto: ProofCrypto, options: VerifyOptions): ValidProof {
  const { head, awards, receipt } = reader.end();
  const stamp = readWitness(head, crypto, options.authorities);
  return {
    ok: true,
    statements: reader.statements,
    witnessed: stamp?.trusted === true ? 'witnessed' : 'operator-asserted',
    randomness: head.commitment.randomness.kind,
    caveats: caveatsOf(head, stamp, options),
    head,
    awards,
    ...(receipt && { receipt }),
  };
}
