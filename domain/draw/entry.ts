import { frame, fromHex, toHex, utf8 } from './bytes.ts';
import type { Hashing } from './hashing.ts';
import { InvalidDraw } from './invalid-draw.ts';
import { MAX_WEIGHT, requireCount, requireHash, requireId, requireInstant, requireReason } from './limits.ts';

/** The reason code of an entry that takes part. Any other code says why an entry does not. */
export const ELIGIBLE = 'eligible';

/** One receipted entry as the tree and the proof hold it. It names nobody. */
export interface DrawEntry {
  readonly entryId: string;
  /** The participant's commitment in hex; see {@link participantCommitment}. */
  readonly participant: string;
  /** From 1 to {@link MAX_WEIGHT} when eligible, otherwise 0. */
  readonly weight: number;
  readonly reason: string;
  readonly receivedAt: string;
}

export interface ParticipantIdentity {
  readonly giveawayId: string;
  readonly participantId: string;
  /** 32 random bytes in hex, one salt per participant and giveaway. Who deletes it erases the person from the proof. */
  readonly salt: string;
}

/** The same for every entry of a participant in a giveaway, and, without the salt, tied to nobody. @returns hex. */
export function participantCommitment(hashing: Hashing, identity: ParticipantIdentity): string {
  requireId(identity.giveawayId, 'giveawayId');
  requireId(identity.participantId, 'participantId');
  requireHash(identity.salt, 'salt');
  const fields = [utf8(identity.giveawayId), utf8(identity.participantId), fromHex(identity.salt)];
  return toHex(hashing.sha256(frame('handsel-participant-v1', ...fields)));
}

/** @throws InvalidDraw when a field is malformed, or the weight does not go with the reason. */
export function requireEntry(entry: DrawEntry): void {
  requireId(entry.entryId, 'entryId');
  requireHash(entry.participant, 'participant');
  requireCount(entry.weight, 'weight', MAX_WEIGHT);
  requireReason(entry.reason, 'reason');
  requireInstant(entry.receivedAt, 'receivedAt');
  requireTakesPart(entry, () => entry.entryId);
}

/** @throws InvalidDraw when the weight does not go with the reason. */
export function requireTakesPart(
  { weight, reason }: Pick<DrawEntry, 'weight' | 'reason'>,
  entryId: () => string,
): void {
  if ((reason === ELIGIBLE) !== weight > 0)
    throw new InvalidDraw(`Entry ${entryId()} is ${reason} with weight ${weight}`);
}
