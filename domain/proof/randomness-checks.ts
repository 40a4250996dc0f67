import { hashChain, isRoundSigned, PUBLIC_CHAINS } from '../draw/beacon.ts';
import { chooseRound, roundTimeMs } from '../draw/beacon-round.ts';
import { fromHex } from '../draw/bytes.ts';
import { hashCommitment } from '../draw/commitment.ts';
import { instantMs } from '../draw/instant.ts';
import { requireDraw } from '../draw/invalid-draw.ts';
import { type BeaconReveal, type BeaconSource, hashSecret } from '../draw/randomness.ts';
import { readTimestamp, type Timestamp } from '../witness/timestamp-token.ts';
import type { ProofHead, ProofCrypto } from './proof.ts';

// As in proof-checks.ts: what has been shown, or InvalidDraw. Where the randomness came from, and who saw the commitment
// before it.

export function checkRandomness(proof: ProofHead, crypto: ProofCrypto): string {
  const { commitment, reveal } = proof;
  const { giveawayId, drawNumber, randomness, openedAt } = commitment;
  if (randomness.kind === 'drand') {
    requireDraw(reveal.kind === 'drand', 'The commitment names a round, and the proof reveals a secret');
    return checkBeacon(proof, randomness, reveal, crypto);
  }
  requireDraw(reveal.kind === 'commit-reveal', 'The commitment names a secret, and the proof reveals a round');
  const revealed = hashSecret(crypto, { giveawayId, drawNumber, secret: reveal.secret });
  requireDraw(revealed === randomness.secretHash, 'The secret is not the one whose hash was committed');
  return `The secret is the one whose hash the operator says it published at ${openedAt}.`;
}

function checkBeacon(proof: ProofHead, source: BeaconSource, { chain, signature }: BeaconReveal, crypto: ProofCrypto) {
  const { chainHash, closesAt, publishedAt, delaySeconds } = source;
  requireDraw(hashChain(crypto, chain) === chainHash, 'The chain is not the one whose hash was committed');
  const { signedAt } = proof.signature;
  requireDraw(
    publishedAt === signedAt,
    `The commitment says it was published at ${publishedAt}, but signed at ${signedAt}`,
  );
  const { frozenAt } = proof.commitment;
  requireDraw(instantMs(frozenAt) <= instantMs(publishedAt), 'The commitment was published before the freeze');
  const { round, late } = chooseRound(chain, source, publishedAt);
  requireDraw(source.round === round, `By the rules it is round ${round}, the commitment says ${source.round}`);
  requireDraw(isRoundSigned(crypto, chain, round, signature), `Round ${round} is not signed by the chain's key`);
  const since = late ? `${publishedAt} (late)` : closesAt;
  const name = PUBLIC_CHAINS[chainHash] ?? 'not a public one';
  return `Round ${round} of chain ${chainHash} (${name}) is signed, the first at or after ${since} and ${delaySeconds} s.`;
}

/** Whether the round had to be counted from the publication. */
export function isLate({ commitment, reveal }: ProofHead): boolean {
  const { randomness } = commitment;
  if (randomness.kind !== 'drand' || reveal.kind !== 'drand') return false;
  return chooseRound(reveal.chain, randomness, randomness.publishedAt).late;
}

/**
 * What a witness says of the commitment; undefined without one.
 * @param authorities certificates in DER that the caller trusts.
 * @throws InvalidDraw for a token that is not of this commitment, or not from before the randomness.
 */
export function readWitness(
  proof: Pick<ProofHead, 'witness' | 'commitment' | 'reveal'>,
  crypto: ProofCrypto,
  authorities: readonly Uint8Array[] = [],
): Timestamp | undefined {
  const { witness, commitment, reveal } = proof;
  if (witness.kind === 'operator-asserted') return undefined;
  const stamped = fromHex(hashCommitment(crypto, commitment));
  const stamp = readTimestamp(crypto, fromHex(witness.token), stamped, authorities);
  const { randomness } = commitment;
  if (randomness.kind === 'drand' && reveal.kind === 'drand') {
    const dueMs = roundTimeMs(reveal.chain, randomness.round);
    const early = instantMs(stamp.instant) + randomness.marginSeconds * 1_000 <= dueMs && stamp.latestMs <= dueMs;
    requireDraw(early, `The commitment was witnessed at ${stamp.instant}, too late for round ${randomness.round}`);
  }
  return stamp;
}

export function checkWitness(
  proof: ProofHead,
  crypto: ProofCrypto,
  { authorities }: { readonly authorities?: readonly Uint8Array[] },
): string {
  const stamp = readWitness(proof, crypto, authorities);
  if (!stamp) return 'Nobody but the operator says when the commitment was published.';
  const trust = stamp.trusted ? 'whose certificate is trusted' : 'for whose certificate nobody vouches here';
  return `The commitment was time-stamped at ${stamp.instant} by ${stamp.authority}, ${trust}.`;
}
