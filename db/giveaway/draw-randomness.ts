import type { DrawRules, DrawSources } from '../../domain/draw/randomness-rules.ts';
import { modeRulesIn } from '../../domain/giveaway-modes.ts';
import type { GiveawayRow } from './move-giveaway.ts';

/**
 * What a giveaway that opens now promises of its draw. The weaker source never takes the place of the one that was asked
 * for; an instant win, which is decided at once, never waits for one.
 * @throws when it asks for a beacon, and none is configured.
 */
export function drawRulesOf(giveaway: GiveawayRow, openedAt: Date, { beacon, witnessed }: DrawSources): DrawRules {
  if (isInstantWin(giveaway)) return { randomness: { kind: 'commit-reveal' }, witnessed, instantWin: true };
  if (giveaway.rules['randomness'] !== 'drand') return { randomness: { kind: 'commit-reveal' }, witnessed };
  if (!beacon) throw new Error(`Giveaway ${giveaway.id} asks for a beacon, and none is configured`);
  return { randomness: { ...beacon, closesAt: countedFrom(giveaway, openedAt) }, witnessed };
}

/**
 * The promise of an open giveaway after its deadline has moved, as its rules had said that it may: the round follows the
 * deadline, at the chain and the delay of the opening.
 */
export function movedDrawRules({ randomness, witnessed }: DrawRules, giveaway: GiveawayRow): DrawRules {
  if (isInstantWin(giveaway)) return { randomness, witnessed, instantWin: true };
  if (randomness.kind !== 'drand' || isByHand(giveaway)) return { randomness, witnessed };
  return { randomness: { ...randomness, closesAt: giveaway.closes_at.toISOString() }, witnessed };
}

/**
 * Where the host may draw by hand the round is counted from the opening in place of the deadline: by the rule for late
 * commitments it is then one after the publication of the commitment, whenever the host asks.
 */
const countedFrom = (giveaway: GiveawayRow, openedAt: Date): string =>
  (isByHand(giveaway) ? (giveaway.opens_at ?? openedAt) : giveaway.closes_at).toISOString();

const isByHand = ({ rules }: GiveawayRow): boolean => modeRulesIn(rules).drawBy !== 'deadline';

const isInstantWin = ({ rules }: GiveawayRow): boolean => modeRulesIn(rules).instantWin !== undefined;
