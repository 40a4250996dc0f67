import { InvalidDraw } from '../draw/invalid-draw.ts';
import type { Timestamp } from '../witness/timestamp-token.ts';
import { readInstantWinWitness } from './instant-win-checks.ts';
import { InstantWinReader, type InstantWinOptions, type InstantWinStatement } from './instant-win-reader.ts';
import { instantWinLines } from './instant-win-text.ts';
import type { ProofCrypto } from './proof.ts';

const CAVEAT =
  'The platform knew the secret while people tried: this does not prove that it told nobody which nonces or moments win.';
const WITNESS_CAVEAT = 'Only the operator says when the hash of the secret was published.';
const KEY_CAVEAT = 'The key is the one in the proof: compare it with the one that the platform publishes.';

export interface InstantWinVerdict {
  readonly ok: boolean;
  /** What was shown, in order. */
  readonly statements: readonly InstantWinStatement[];
  /** The first thing that is wrong. */
  readonly wrong?: InstantWinStatement;
  /** Who vouches for it that the secret was fixed before the first attempt; absent where the proof is not valid. */
  readonly witnessed?: 'witnessed' | 'operator-asserted';
  /** What a valid proof does not show. */
  readonly caveats: readonly string[];
}

/**
 * Decides every attempt of an instant-win giveaway again, offline.
 * @param value the proof as parsed from JSON; nothing is assumed of it.
 * @throws nothing: whatever is wrong is in the result.
 */
export function verifyInstantWin(
  value: unknown,
  crypto: ProofCrypto,
  options: InstantWinOptions = {},
): InstantWinVerdict {
  const reader = new InstantWinReader(crypto, options);
  try {
    for (const line of instantWinLines(value)) reader.read(line);
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
export async function verifyInstantWinLines(
  lines: AsyncIterable<readonly string[]>,
  crypto: ProofCrypto,
  options: InstantWinOptions = {},
): Promise<InstantWinVerdict> {
  const reader = new InstantWinReader(crypto, options);
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
function describeInvalid({ step, statements }: InstantWinReader, error: unknown): InstantWinVerdict {
  if (error instanceof InvalidDraw)
    return { ok: false, statements, wrong: { step, text: error.message }, caveats: [CAVEAT] };
  throw error;
}

function describeValid(reader: InstantWinReader, crypto: ProofCrypto, options: InstantWinOptions): InstantWinVerdict {
  const stamp = readInstantWinWitness(reader.end(), crypto, options.authorities);
  const { statements } = reader;
  const caveats = [CAVEAT, ...witnessCaveats(stamp), ...(options.trustedKey === undefined ? [KEY_CAVEAT] : [])];
  return { ok: true, statements, witnessed: stamp?.trusted === true ? 'witnessed' : 'operator-asserted', caveats };
}

function witnessCaveats(stamp: Timestamp | undefined): string[] {
  if (stamp?.trusted === true) return [];
  const by = stamp ? ` The time-stamp is by ${stamp.authority}, whose certificate was not given as trusted.` : '';
  return [`${WITNESS_CAVEAT}${by}`];
}
