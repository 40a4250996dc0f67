import { InvalidDraw, requireDraw } from '../draw/invalid-draw.ts';
import type { RandomnessSource } from '../draw/randomness.ts';
import { parseProof } from './parse-proof.ts';
import type { Proof, ProofCrypto, Witness } from './proof.ts';
import {
  checkAwards,
  checkEntries,
  checkRandomness,
  checkRanking,
  checkRoot,
  checkRules,
  checkSeed,
  checkSignature,
  checkTotals,
} from './proof-checks.ts';

/** In this order; the first that fails is the one reported. `format` comes before them all. */
const CHECKS = {
  rules: checkRules,
  entries: checkEntries,
  totals: checkTotals,
  root: checkRoot,
  signature: checkSignature,
  randomness: checkRandomness,
  seed: checkSeed,
  ranking: checkRanking,
  awards: checkAwards,
} as const satisfies Record<string, (proof: Proof, crypto: ProofCrypto) => string>;

export type ProofStep = 'format' | 'key' | keyof typeof CHECKS;

export interface Statement {
  readonly step: ProofStep;
  readonly text: string;
}

export interface ValidProof {
  readonly ok: true;
  readonly statements: readonly Statement[];
  /** Who vouches for the time at which the commitment was published. */
  readonly witnessed: Witness['kind'];
  readonly randomness: RandomnessSource['kind'];
  /** What this proof, valid as it is, does not show. */
  readonly caveats: readonly string[];
  readonly proof: Proof;
}

export interface InvalidProof {
  readonly ok: false;
  readonly step: ProofStep;
  readonly reason: string;
  /** What had been shown before. */
  readonly statements: readonly Statement[];
}

export interface VerifyOptions {
  /** The platform's public key in hex, known from elsewhere. Without it a proof vouches for its own key. */
  readonly trustedKey?: string;
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
  const statements: Statement[] = [];
  let step: ProofStep = 'format';
  try {
    const proof = parseProof(value);
    statements.push({ step, text: describeProof(proof) });
    if (options.trustedKey !== undefined) {
      step = 'key';
      statements.push({ step, text: checkKey(proof, options.trustedKey) });
    }
    for (const [name, check] of Object.entries(CHECKS)) {
      step = name as keyof typeof CHECKS;
      statements.push({ step, text: check(proof, crypto) });
    }
    return describeValid(proof, statements, options);
  } catch (error) {
    if (error instanceof InvalidDraw) return { ok: false, step, reason: error.message, statements };
    throw error;
  }
}

function describeProof({ version, commitment }: Proof): string {
  return `A ${version} document: draw ${commitment.drawNumber} of giveaway ${commitment.giveawayId}.`;
}

function checkKey({ signature }: Proof, trustedKey: string): string {
  requireDraw(
    signature.publicKey === trustedKey,
    `The proof is signed by ${signature.publicKey}, not by the trusted key`,
  );
  return 'The key of the proof is the trusted one.';
}

function describeValid(proof: Proof, statements: Statement[], { trustedKey }: VerifyOptions): ValidProof {
  const { randomness } = proof.commitment;
  const caveats = [randomness.caveat, WITNESS_CAVEAT, ...(trustedKey === undefined ? [KEY_CAVEAT] : [])];
  return { ok: true, statements, witnessed: proof.witness.kind, randomness: randomness.kind, caveats, proof };
}
