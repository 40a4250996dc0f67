import type { DrawAward } from '../draw/assign-prizes.ts';
import { InvalidDraw } from '../draw/invalid-draw.ts';
import type { RandomnessSource } from '../draw/randomness.ts';
import type { ProofCrypto, ProofHead, Witness } from './proof.ts';
import { ProofReader, type ProofStep, type Statement, type VerifyOptions } from './proof-reader.ts';
import { proofLines } from './proof-text.ts';
import type { ReceiptVerdict } from './receipt-search.ts';

export interface ValidProof {
  readonly ok: true;
  readonly statements: readonly Statement[];
  /** Who vouches for the time at which the commitment was published. */
  readonly witnessed: Witness['kind'];
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

const WITNESS_CAVEAT = 'Only the operator says when the commitment was published.';
const KEY_CAVEAT = 'The key is the one in the proof: compare it with the one that the platform publishes.';

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
    return describeValid(reader, options);
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
    return describeValid(reader, options);
  } catch (error) {
    return describeInvalid(reader, error);
  }
}

/** @throws the error where it is of something else than the proof. */
function describeInvalid({ step, statements }: ProofReader, error: unknown): InvalidProof {
  if (error instanceof InvalidDraw) return { ok: false, step, reason: error.message, statements };
  throw error;
}

function describeValid(reader: ProofReader, { trustedKey }: VerifyOptions): ValidProof {
  const { head, awards, receipt } = reader.end();
  const { randomness } = head.commitment;
  return {
    ok: true,
    statements: reader.statements,
    witnessed: head.witness.kind,
    randomness: randomness.kind,
    caveats: [randomness.caveat, WITNESS_CAVEAT, ...(trustedKey === undefined ? [KEY_CAVEAT] : [])],
    head,
    awards,
    ...(receipt && { receipt }),
  };
}
