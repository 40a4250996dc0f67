import type { Database } from '../../db/connect.ts';
import {
  advanceGiveaway,
  closeGiveaway,
  openGiveaway,
  readGiveawayTimes,
  type GiveawayTimes,
} from '../../db/giveaway/run-giveaway.ts';
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

export const runGiveawayActivities = (db: Database, secrets: SecretBox, sources?: DrawSources) => ({
  readGiveawayTimes: (input: RunGiveawayInput): Promise<GiveawayTimes> => readGiveawayTimes(db, input.giveawayId),

  /** Opens entry and fixes the rules; with commit–reveal the hash of the secret is published, which stays sealed in its row. */
  openGiveaway: async (input: RunGiveawayInput): Promise<void> => {
    const { giveawayId } = input;
    const secret = toHex(randomSecret(SECRET_BYTES));
    const secretHash = hashSecret(drawCrypto, { giveawayId, drawNumber: 1, secret });
    const sealed = secrets.seal(secret, drawSecretAad(giveawayId));
    const slotsMs = (unitCount: number, window: SlotWindow): number[] =>
      slotTimesMs(drawCrypto, secret, unitCount, window);
    await openGiveaway(db, giveawayId, { sealed, secretHash, slotsMs }, input, sources);
  },

  /** @returns how long it is too early, in milliseconds; 0 when closed. */
  closeGiveaway: async (input: RunGiveawayInput): Promise<number> => {
    await scoreAll(db, input);
    return closeGiveaway(db, input.giveawayId, input);
  },

  advanceGiveaway: (input: RunGiveawayInput & { to: 'FULFILLING' | 'COMPLETED' }): Promise<void> =>
    advanceGiveaway(db, input, input),
});
