import { assignPrizes, type DrawAward } from '../draw/assign-prizes.ts';
import { fromHex } from '../draw/bytes.ts';
import { canonicalJson } from '../draw/canonical-json.ts';
import { commitmentSigningBytes, hashCommitment, hashRules } from '../draw/commitment.ts';
import type { EntryTotals } from '../draw/entry-tally.ts';
import { requireDraw } from '../draw/invalid-draw.ts';
import { requireDrawRules } from '../draw/randomness-rules.ts';
import { drawSeed, revealedRandomness } from '../draw/randomness.ts';
import type { ProofCrypto, ProofHead } from './proof.ts';
import { awardText } from './proof-text.ts';

// Each check returns, as a sentence, what it has shown, or throws InvalidDraw with what is wrong.

export function checkRules({ rules, commitment, witness }: ProofHead, crypto: ProofCrypto): string {
  requireDraw(hashRules(crypto, rules) === commitment.rulesHash, 'The rules are not those of the commitment');
  const witnessed = witness.kind !== 'operator-asserted';
  requireDrawRules(rules, { randomness: commitment.randomness, witnessed });
  return 'The rules are those that the commitment names, with this source of randomness and this witness.';
}

export function checkTotals({ commitment }: ProofHead, totals: EntryTotals): string {
  const { entryCount, countsByReason, totalWeight } = totals;
  requireDraw(entryCount === commitment.entryCount, `${entryCount} entries, committed ${commitment.entryCount}`);
  const sameReasons = canonicalJson(countsByReason) === canonicalJson(commitment.countsByReason);
  requireDraw(sameReasons, `Entries by reason are ${canonicalJson(countsByReason)}, which is not what was committed`);
  requireDraw(
    totalWeight === commitment.totalWeight,
    `The weights add up to ${totalWeight}, committed ${commitment.totalWeight}`,
  );
  return `Counts and weights add up: ${canonicalJson(countsByReason)}, total weight ${totalWeight}.`;
}

export function checkRoot({ commitment }: ProofHead, root: string): string {
  requireDraw(root === commitment.root, `The entries give the root ${root}, which is not the committed one`);
  return `The entries give the committed root ${root}.`;
}

export function checkSignature({ commitment, signature }: ProofHead, crypto: ProofCrypto): string {
  const message = commitmentSigningBytes(hashCommitment(crypto, commitment), signature);
  const signed = crypto.verifyEd25519(fromHex(signature.publicKey), message, fromHex(signature.signature));
  requireDraw(signed, 'The signature is not of this commitment by this key');
  return `The commitment is signed by key ${signature.keyId} (${signature.publicKey}).`;
}

export function checkSeed({ commitment, reveal, seed }: ProofHead, crypto: ProofCrypto): string {
  const expected = drawSeed(crypto, revealedRandomness(crypto, reveal), hashCommitment(crypto, commitment));
  requireDraw(seed === expected, `The seed is ${expected}, the proof says ${seed}`);
  return `The seed follows from the ${reveal.kind === 'drand' ? 'round' : 'secret'} and the commitment.`;
}

/** @param participantAt by rank; of those that take a unit. */
export function checkAwards(
  { commitment }: ProofHead,
  rankedCount: number,
  participantAt: (rank: number) => string,
  awards: readonly DrawAward[],
): string {
  const expected = assignPrizes(commitment, rankedCount, participantAt);
  requireDraw(
    awards.length === expected.length,
    `${expected.length} prizes are awarded, the proof awards ${awards.length}`,
  );
  const wrong = expected.find((award, index) => awardText(award) !== awardText(awards[index] as DrawAward));
  requireDraw(wrong === undefined, `Prize unit ${wrong?.unitId} belongs to rank ${wrong?.rank}, ${wrong?.participant}`);
  return `${awards.length} of ${commitment.prizeUnits.length} prize units went to the first ranks, in order.`;
}
