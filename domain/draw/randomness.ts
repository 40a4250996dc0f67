import { frame, fromHex, toHex, uint64, utf8 } from './bytes.ts';
import { type BeaconChain, roundRandomness } from './beacon.ts';
import type { RoundRule } from './beacon-round.ts';
import type { Hashing } from './hashing.ts';
import { requireDraw } from './invalid-draw.ts';
import { requireCount, requireHash, requireId, requireInstant } from './limits.ts';

/** Signed with every commitment that rests on commit–reveal: a proof must say where it cannot hold. */
export const COMMIT_REVEAL_CAVEAT =
  'Commit-reveal is weaker than a public beacon: it does not prove that the platform, which knew the secret, did not steer the draw.';

/** Randomness from a secret whose hash was published when the giveaway opened. */
export interface CommitRevealSource {
  readonly kind: 'commit-reveal';
  readonly secretHash: string;
  readonly caveat: typeof COMMIT_REVEAL_CAVEAT;
}

/** Randomness from a round of a drand chain that nobody knew when the commitment was published. */
export interface BeaconSource extends RoundRule {
  readonly kind: 'drand';
  readonly chainHash: string;
  /** When the operator says that it published the commitment; the round is counted from here when that was late. */
  readonly publishedAt: string;
  readonly round: number;
}

/** What a commitment says of the randomness to come. Each further source is a new member with a `kind` of its own. */
export type RandomnessSource = CommitRevealSource | BeaconSource;

export interface CommitRevealReveal {
  readonly kind: 'commit-reveal';
  /** 32 random bytes in hex. */
  readonly secret: string;
}

export interface BeaconReveal {
  readonly kind: 'drand';
  readonly chain: BeaconChain;
  /** The chain's signature of the round: 48 bytes in hex. */
  readonly signature: string;
}

/** What a proof reveals so that the source can be checked. */
export type RandomnessReveal = CommitRevealReveal | BeaconReveal;

/** @throws InvalidDraw when a field is malformed. */
export function requireSource(source: RandomnessSource): void {
  if (source.kind === 'commit-reveal') return requireHash(source.secretHash, 'secretHash');
  requireHash(source.chainHash, 'chainHash');
  requireInstant(source.closesAt, 'closesAt');
  requireInstant(source.publishedAt, 'publishedAt');
  requireCount(source.delaySeconds, 'delaySeconds', MAX_DELAY_SECONDS);
  requireCount(source.marginSeconds, 'marginSeconds', MAX_DELAY_SECONDS);
  requireDraw(source.marginSeconds < source.delaySeconds, 'marginSeconds is not less than delaySeconds');
  requireCount(source.round, 'round');
  requireDraw(source.round > 0, 'round begins at 1');
}

const MAX_DELAY_SECONDS = 366 * 86_400;

/** The randomness itself. @returns hex of 32 bytes. */
export const revealedRandomness = (hashing: Hashing, reveal: RandomnessReveal): string =>
  reveal.kind === 'drand' ? roundRandomness(hashing, reveal.signature) : reveal.secret;

/** What the sealed secret of a giveaway's draw is bound to. */
export const drawSecretAad = (giveawayId: string): string => `draw-secret:${giveawayId}:1`;

export interface DrawSecret {
  readonly giveawayId: string;
  readonly drawNumber: number;
  /** 32 random bytes in hex. */
  readonly secret: string;
}

/** What is published at OPEN. It is bound to the draw, so that one secret cannot serve two. @returns hex. */
export function hashSecret(hashing: Hashing, draw: DrawSecret): string {
  requireId(draw.giveawayId, 'giveawayId');
  requireHash(draw.secret, 'secret');
  const fields = [utf8(draw.giveawayId), uint64(draw.drawNumber), fromHex(draw.secret)];
  return toHex(hashing.sha256(frame('handsel-secret-v1', ...fields)));
}

export const commitRevealSource = (secretHash: string): CommitRevealSource => ({
  kind: 'commit-reveal',
  secretHash,
  caveat: COMMIT_REVEAL_CAVEAT,
});

/** The key is the randomness, the message is the hash of the commitment. Both and the seed are hex of 32 bytes. */
export function drawSeed(hashing: Hashing, randomness: string, commitmentHash: string): string {
  requireHash(randomness, 'randomness');
  requireHash(commitmentHash, 'commitment hash');
  return toHex(hashing.hmacSha256(fromHex(randomness), fromHex(commitmentHash)));
}
