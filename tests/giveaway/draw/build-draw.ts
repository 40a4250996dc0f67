import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import {
  type Commitment,
  commitmentSigningBytes,
  type DrawTerms,
  hashCommitment,
  hashRules,
  makeCommitment,
} from '../../../domain/draw/commitment.ts';
import { type DrawEntry, ELIGIBLE } from '../../../domain/draw/entry.ts';
import { EntryTree } from '../../../domain/draw/entry-tree.ts';
import {
  commitRevealSource,
  hashSecret,
  type RandomnessReveal,
  type RandomnessSource,
} from '../../../domain/draw/randomness.ts';
import { drawRules } from '../../../domain/draw/randomness-rules.ts';
import { assignPrizes } from '../../../domain/draw/assign-prizes.ts';
import { rankAll } from '../../../domain/draw/rankings.ts';
import { type CommittedDraw, proofHead } from '../../../domain/proof/proof-head.ts';
import type { CommitmentSignature, Proof } from '../../../domain/proof/proof.ts';
import { type AskedReceipt, type ReceiptVerdict } from '../../../domain/proof/receipt-search.ts';
import { type Receipt, type ReceiptBody, receiptSigningBytes } from '../../../domain/proof/receipt.ts';
import { verifyProof } from '../../../domain/proof/verify-proof.ts';
import { drawCrypto } from '../../../runtime/draw-crypto.ts';

export const GIVEAWAY = 'giveaway-1';
const RULES = 'One entry per person. The draw is at the deadline.';
export const KEY_ID = 'test-key';
export const INSTANT = '2030-01-31T12:00:00.000Z';
const keys = generateKeyPairSync('ed25519');

/** 32 bytes in hex that follow from a name. */
export const hashOf = (name: string | number): string => createHash('sha256').update(String(name)).digest('hex');

export const publicKey = Buffer.from(keys.publicKey.export({ format: 'jwk' }).x ?? '', 'base64url').toString('hex');

export const signHex = (message: Uint8Array): string => sign(null, message, keys.privateKey).toString('hex');

/** Entries with these weights, each of a participant of its own; 0 makes one that is not eligible. */
export const makeEntries = (weights: readonly number[]): DrawEntry[] =>
  weights.map((weight, index) => ({
    entryId: `entry-${String(index).padStart(4, '0')}`,
    participant: hashOf(index),
    weight,
    reason: weight > 0 ? ELIGIBLE : 'under_age',
    receivedAt: INSTANT,
  }));

/** The rules of a draw by this source, with the lines that a verifier reads. */
export const rulesFor = (randomness: RandomnessSource, witnessed = false): string => {
  return [RULES, ...drawRules({ randomness, witnessed })].join('\n');
};

export function commitTo(entries: readonly DrawEntry[], randomness: RandomnessSource, units = 2): Commitment {
  const tree = new EntryTree(drawCrypto);
  for (const entry of entries) tree.add(entry);
  const terms: DrawTerms = {
    giveawayId: GIVEAWAY,
    drawNumber: 1,
    prizeUnits: Array.from({ length: units }, (_, index) => ({ unitId: `unit-${index}`, prizeId: 'card' })),
    rulesHash: hashRules(drawCrypto, rulesFor(randomness)),
    randomness,
    openedAt: INSTANT,
    frozenAt: INSTANT,
  };
  return makeCommitment(terms, tree.summary());
}

export function signCommitment(commitment: Commitment): CommitmentSignature {
  const terms = { keyId: KEY_ID, signedAt: INSTANT };
  const message = commitmentSigningBytes(hashCommitment(drawCrypto, commitment), terms);
  return { alg: 'Ed25519', ...terms, publicKey, signature: signHex(message) };
}

export const proofOf = (entries: readonly DrawEntry[], commitment: Commitment, reveal: RandomnessReveal): Proof =>
  drawnProof(
    {
      rules: rulesFor(commitment.randomness),
      commitment,
      signature: signCommitment(commitment),
      witness: { kind: 'operator-asserted' },
      reveal,
    },
    entries,
  );

/** The proof of a draw carried out as the product does it. */
export function makeProof(entries: readonly DrawEntry[], units = 2): Proof {
  const secret = hashOf('secret');
  const source = commitRevealSource(hashSecret(drawCrypto, { giveawayId: GIVEAWAY, drawNumber: 1, secret }));
  return proofOf(entries, commitTo(entries, source, units), { kind: 'commit-reveal', secret });
}

/** Carries out a draw that was committed to. */
export function drawnProof(draw: CommittedDraw, entries: readonly DrawEntry[]): Proof {
  const head = proofHead(drawCrypto, draw);
  const { commitment } = draw;
  const ranking = rankAll(drawCrypto, commitment, head.seed, entries);
  const awards = assignPrizes(commitment, ranking.length, (rank) => ranking[rank - 1] as string);
  return { ...head, entries, ranking, awards };
}

export const signReceipt = (body: ReceiptBody): Receipt => ({ ...body, signature: signHex(receiptSigningBytes(body)) });

/** What a valid proof says of a receipt. */
export function receiptInProof(receipt: AskedReceipt, proof: Proof): ReceiptVerdict | undefined {
  const result = verifyProof(proof, drawCrypto, { receipt });
  if (!result.ok) throw new Error(result.reason);
  return result.receipt;
}
