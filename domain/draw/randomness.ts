import { frame, fromHex, toHex, uint64, utf8 } from './bytes.ts';
import type { Hashing } from './hashing.ts';
import { requireHash, requireId } from './limits.ts';

/** Signed with every commitment that rests on commit–reveal: a proof must say where it cannot hold. */
export const COMMIT_REVEAL_CAVEAT =
  'Commit-reveal is weaker than a public beacon: it does not prove that the platform, which knew the secret, did not steer the draw.';

/** Randomness from a secret whose hash was published when the giveaway opened. */
export interface CommitRevealSource {
  readonly kind: 'commit-reveal';
  readonly secretHash: string;
  readonly caveat: typeof COMMIT_REVEAL_CAVEAT;
}

/** What a commitment says of the randomness to come. Each further source is a new member with a `kind` of its own. */
export type RandomnessSource = CommitRevealSource;

export interface CommitRevealReveal {
  readonly kind: 'commit-reveal';
  /** 32 random bytes in hex. */
  readonly secret: string;
}

/** What a proof reveals so that the source can be checked. */
export type RandomnessReveal = CommitRevealReveal;

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
