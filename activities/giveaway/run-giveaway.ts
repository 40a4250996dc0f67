import type { Database } from '../../db/connect.ts';
import {
  advanceGiveaway,
  closeGiveaway,
  openGiveaway,
  readGiveawayTimes,
  type GiveawayTimes,
  type SecretStamp,
} from '../../db/giveaway/run-giveaway.ts';
import { readModeRules } from '../../db/giveaway/prize-groups.ts';
import { readTimestamp } from '../../domain/witness/timestamp-token.ts';
import type { TimestampPort } from '../../providers/timestamp/port.ts';
import { scoreAll } from './review-participants.ts';
import { toHex } from '../../domain/draw/bytes.ts';
import { slotTimesMs, type SlotWindow } from '../../domain/draw/instant-win.ts';
import type { DrawSources } from '../../domain/draw/randomness-rules.ts';
import { drawSecretAad, hashSecret } from '../../domain/draw/randomness.ts';
import { randomSecret } from '../../runtime/crypto.ts';
import { drawCrypto } from '../../runtime/draw-crypto.ts';
import type { SecretBox } from '../../runtime/secret-box.ts';
import type { RunGiveawayInput } from '../../workflows/giveaway/contract.ts';

const SECRET_BYTES = 32;

/** An authority whose clock is that far ahead is not believed: attempts would be received in the future. */
const MOST_AHEAD_MS = 60_000;

/**
 * Has the hash of the secret witnessed that will decide an instant win, where that is promised.
 * @throws when nobody does at the moment: then it is not opened yet.
 */
async function stampOf(secretHash: string, timestamp: TimestampPort | undefined): Promise<SecretStamp> {
  if (!timestamp) throw new Error('The secret is to be witnessed, and no authority is configured');
  const hash = Buffer.from(secretHash, 'hex');
  const token = await timestamp.stamp(hash);
  const latestMs = Math.ceil(readTimestamp(drawCrypto, token, hash).latestMs);
  if (latestMs > Date.now() + MOST_AHEAD_MS) throw new Error('The authority for time-stamps is ahead of its time');
  return { witness: { kind: 'rfc3161', token: toHex(token) }, latestMs };
}

export const runGiveawayActivities = (
  db: Database,
  secrets: SecretBox,
  sources?: DrawSources,
  timestamp?: TimestampPort,
) => ({
  readGiveawayTimes: (input: RunGiveawayInput): Promise<GiveawayTimes> => readGiveawayTimes(db, input.giveawayId),

  /**
   * Opens entry and fixes the rules; with commit–reveal the hash of the secret is published, which stays sealed in its row.
   * That of an instant win is witnessed before.
   */
  openGiveaway: async (input: RunGiveawayInput): Promise<void> => {
    const { giveawayId } = input;
    const secret = toHex(randomSecret(SECRET_BYTES));
    const secretHash = hashSecret(drawCrypto, { giveawayId, drawNumber: 1, secret });
    const sealed = secrets.seal(secret, drawSecretAad(giveawayId));
    const slotsMs = (unitCount: number, window: SlotWindow): number[] =>
      slotTimesMs(drawCrypto, secret, unitCount, window);
    const { instantWin } = await readModeRules(db, giveawayId);
    const stamp = instantWin && sources?.witnessed ? await stampOf(secretHash, timestamp) : undefined;
    await openGiveaway(db, giveawayId, { sealed, secretHash, slotsMs, stamp }, input, sources);
  },

  /** @returns how long it is too early, in milliseconds; 0 when closed. */
  closeGiveaway: async (input: RunGiveawayInput): Promise<number> => {
    await scoreAll(db, input);
    return closeGiveaway(db, input.giveawayId, input);
  },

  advanceGiveaway: (input: RunGiveawayInput & { to: 'FULFILLING' | 'COMPLETED' }): Promise<void> =>
    advanceGiveaway(db, input, input),
});
