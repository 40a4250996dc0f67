import { frame, fromHex, toHex, utf8 } from './bytes.ts';
import { canonicalJson } from './canonical-json.ts';
import type { EntrySummary } from './entry-tree.ts';
import type { Hashing } from './hashing.ts';
import { requireDraw } from './invalid-draw.ts';
import { MAX_ENTRIES, MAX_RANKED_PRIZES, requireCount, requireHash, requireId, requireInstant } from './limits.ts';
import { type RandomnessSource, requireSource } from './randomness.ts';
import { DRAW_ALGORITHM, PER_PRIZE_ALGORITHM, prizesOf, type DrawAlgorithm } from './rankings.ts';

/** One thing that one person can win. Units of the same prize share a `prizeId`. */
export interface PrizeUnit {
  readonly unitId: string;
  readonly prizeId: string;
}

export interface DrawTerms {
  /** Absent: one ranking, and at most one unit for each person. */
  readonly algorithm?: DrawAlgorithm | undefined;
  readonly giveawayId: string;
  /** From 1. A giveaway has at most one draw of each number. */
  readonly drawNumber: number;
  /** In the order in which ranks take them. */
  readonly prizeUnits: readonly PrizeUnit[];
  readonly rulesHash: string;
  readonly randomness: RandomnessSource;
  /** When entry began and, with commit–reveal, the hash of the secret was published. */
  readonly openedAt: string;
  readonly frozenAt: string;
}

/** All that decides a draw, but for the randomness. It is signed and published before the randomness is known. */
export interface Commitment extends DrawTerms, EntrySummary {
  readonly algorithm: DrawAlgorithm;
}

/** @throws InvalidDraw when the terms are malformed or name a prize unit twice. */
export function makeCommitment(terms: DrawTerms, entries: EntrySummary): Commitment {
  const { algorithm = DRAW_ALGORITHM, ...rest } = terms;
  const commitment: Commitment = { algorithm, ...rest, ...entries };
  requireCommitment(commitment);
  return commitment;
}

/** @throws InvalidDraw when a field is malformed, or a prize unit is named twice. */
export function requireCommitment(commitment: Commitment): void {
  requireId(commitment.giveawayId, 'giveawayId');
  requireCount(commitment.drawNumber, 'drawNumber');
  requireDraw(commitment.drawNumber > 0, 'drawNumber begins at 1');
  requireHash(commitment.root, 'root');
  requireCount(commitment.entryCount, 'entryCount', MAX_ENTRIES);
  requireCount(commitment.totalWeight, 'totalWeight');
  requireHash(commitment.rulesHash, 'rulesHash');
  requireSource(commitment.randomness);
  requireInstant(commitment.openedAt, 'openedAt');
  requireInstant(commitment.frozenAt, 'frozenAt');
  requirePrizeUnits(commitment.prizeUnits);
  if (commitment.algorithm === PER_PRIZE_ALGORITHM) {
    const prizeCount = prizesOf(commitment.prizeUnits).length;
    requireDraw(prizeCount <= MAX_RANKED_PRIZES, `More than ${MAX_RANKED_PRIZES} prizes with a ranking each`);
  }
}

function requirePrizeUnits(units: readonly PrizeUnit[]): void {
  const seen = new Set<string>();
  for (const unit of units) {
    requireId(unit.unitId, 'unitId');
    requireId(unit.prizeId, 'prizeId');
    requireDraw(!seen.has(unit.unitId), `Prize unit ${unit.unitId} is named twice`);
    seen.add(unit.unitId);
  }
}

/** @returns hex; the hash that a witness stamps and from which the seed is made. */
export function hashCommitment(hashing: Hashing, commitment: Commitment): string {
  return toHex(hashing.sha256(frame('handsel-commitment-v1', utf8(canonicalJson(commitment)))));
}

export interface SigningTerms {
  readonly keyId: string;
  /** When the operator says that it published the commitment. */
  readonly signedAt: string;
}

/** The bytes that the platform signs with Ed25519 when it publishes a commitment. */
export function commitmentSigningBytes(commitmentHash: string, terms: SigningTerms): Uint8Array {
  const fields = [utf8(terms.keyId), utf8(terms.signedAt), fromHex(commitmentHash)];
  return frame('handsel-commitment-signature-v1', ...fields);
}

/** The hash that a commitment holds of the rules' text, byte for byte as it was published. @returns hex. */
export function hashRules(hashing: Hashing, text: string): string {
  return toHex(hashing.sha256(frame('handsel-rules-v1', utf8(text))));
}
