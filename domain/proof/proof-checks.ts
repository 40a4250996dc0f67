import { assignPrizes } from '../draw/assign-prizes.ts';
import { fromHex } from '../draw/bytes.ts';
import { canonicalJson } from '../draw/canonical-json.ts';
import { commitmentSigningBytes, hashCommitment, hashRules } from '../draw/commitment.ts';
import { EntryTally } from '../draw/entry-tally.ts';
import { EntryTree } from '../draw/entry-tree.ts';
import { requireDraw } from '../draw/invalid-draw.ts';
import { drawSeed, hashSecret } from '../draw/randomness.ts';
import { rankParticipants } from '../draw/rank-participants.ts';
import type { Proof, ProofCrypto } from './proof.ts';

// Each check returns, as a sentence, what it has shown, or throws InvalidDraw with what is wrong.

export function checkRules({ rules, commitment }: Proof, crypto: ProofCrypto): string {
  requireDraw(hashRules(crypto, rules) === commitment.rulesHash, 'The rules are not those of the commitment');
  return 'The rules are those that the commitment names.';
}

export function checkEntries({ entries }: Proof): string {
  const tally = new EntryTally();
  for (const entry of entries) tally.add(entry);
  return `${entries.length} entries are sorted by id, and none comes twice.`;
}

export function checkTotals({ entries, commitment }: Proof): string {
  const tally = new EntryTally();
  for (const entry of entries) tally.add(entry);
  const { entryCount, countsByReason, totalWeight } = tally.totals();
  requireDraw(entryCount === commitment.entryCount, `${entryCount} entries, committed ${commitment.entryCount}`);
  const sameReasons = canonicalJson(countsByReason) === canonicalJson(commitment.countsByReason);
  requireDraw(sameReasons, `Entries by reason are ${canonicalJson(countsByReason)}, which is not what was committed`);
  requireDraw(
    totalWeight === commitment.totalWeight,
    `The weights add up to ${totalWeight}, committed ${commitment.totalWeight}`,
  );
  return `Counts and weights add up: ${canonicalJson(countsByReason)}, total weight ${totalWeight}.`;
}

export function checkRoot({ entries, commitment }: Proof, crypto: ProofCrypto): string {
  const tree = new EntryTree(crypto);
  for (const entry of entries) tree.add(entry);
  const { root } = tree.summary();
  requireDraw(root === commitment.root, `The entries give the root ${root}, which is not the committed one`);
  return `The entries give the committed root ${root}.`;
}

export function checkSignature({ commitment, signature }: Proof, crypto: ProofCrypto): string {
  const message = commitmentSigningBytes(hashCommitment(crypto, commitment), signature);
  const signed = crypto.verifyEd25519(fromHex(signature.publicKey), message, fromHex(signature.signature));
  requireDraw(signed, 'The signature is not of this commitment by this key');
  return `The commitment is signed by key ${signature.keyId} (${signature.publicKey}).`;
}

export function checkRandomness({ commitment, reveal }: Proof, crypto: ProofCrypto): string {
  const { giveawayId, drawNumber, randomness } = commitment;
  const revealed = hashSecret(crypto, { giveawayId, drawNumber, secret: reveal.secret });
  requireDraw(revealed === randomness.secretHash, 'The secret is not the one whose hash was committed');
  return `The secret is the one whose hash the operator says it published at ${commitment.openedAt}.`;
}

export function checkSeed({ commitment, reveal, seed }: Proof, crypto: ProofCrypto): string {
  const expected = drawSeed(crypto, reveal.secret, hashCommitment(crypto, commitment));
  requireDraw(seed === expected, `The seed is ${expected}, the proof says ${seed}`);
  return 'The seed follows from the secret and the commitment.';
}

export function checkRanking({ seed, entries, ranking }: Proof, crypto: ProofCrypto): string {
  const expected = rankParticipants(crypto, seed, entries);
  requireDraw(ranking.length === expected.length, `${expected.length} are ranked, the proof ranks ${ranking.length}`);
  const wrong = expected.findIndex((participant, index) => ranking[index] !== participant);
  requireDraw(wrong === -1, `Rank ${wrong + 1} belongs to ${expected[wrong]}`);
  return `The ranking of all ${ranking.length} participants follows from the seed.`;
}

export function checkAwards({ ranking, commitment, awards }: Proof): string {
  const expected = assignPrizes(ranking, commitment.prizeUnits);
  requireDraw(
    awards.length === expected.length,
    `${expected.length} prizes are awarded, the proof awards ${awards.length}`,
  );
  const wrong = expected.find((award, index) => canonicalJson(award) !== canonicalJson(awards[index]));
  requireDraw(wrong === undefined, `Prize unit ${wrong?.unitId} belongs to rank ${wrong?.rank}, ${wrong?.participant}`);
  return `${awards.length} of ${commitment.prizeUnits.length} prize units went to the first ranks, in order.`;
}
