import { normalAnswer, type SignalKind } from '../domain/entry-signals.ts';
import { constantTimeEqual, hmacSha256 } from './crypto.ts';
import type { RingKey } from './secret-box.ts';

/** Keyed hashes of what is compared and never kept: whoever reads the tables learns neither answers nor addresses. */
export interface EntryHashes {
  /** In hex, and comparable within one giveaway only. */
  signal(giveawayId: string, kind: SignalKind, value: string): string;
  /** In hex, of a code or an answer, under the newest key. */
  answer(giveawayId: string, method: string, text: string): string;
  /** In hex, under every key of the ring: a giveaway that was made before a new key came must still be answered. */
  answers(giveawayId: string, method: string, text: string): string[];
  /** 80 bits, in letters and digits that nobody mistakes. The same for the same participant of a giveaway. */
  referralCode(giveawayId: string, participantId: string): string;
  /** What only whoever reads this mailbox can know; for one participant, method and address. */
  emailToken(giveawayId: string, method: string, participantId: string, email: string): string;
  isEmailToken(token: string, giveawayId: string, method: string, participantId: string, email: string): boolean;
}

/** Crockford's base 32: no I, L, O or U. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const CODE_LENGTH = 16;

/** @throws Error when the ring is empty. */
export function createEntryHashes(ring: readonly RingKey[]): EntryHashes {
  const [current] = ring;
  if (!current) throw new Error('Entry hashes need at least one key');
  const hash = ({ key }: RingKey, ...names: readonly string[]): Uint8Array => hmacSha256(key, JSON.stringify(names));
  const hex = (key: RingKey, ...names: readonly string[]): string => Buffer.from(hash(key, ...names)).toString('hex');
  const token = (key: RingKey, ...names: readonly string[]): string =>
    Buffer.from(hash(key, 'email-token', ...names)).toString('base64url');
  return {
    signal: (giveawayId, kind, value) => hex(current, 'signal', giveawayId, kind, value),
    answer: (giveawayId, method, text) => hex(current, 'answer', giveawayId, method, normalAnswer(text)),
    answers: (giveawayId, method, text) =>
      ring.map((key) => hex(key, 'answer', giveawayId, method, normalAnswer(text))),
    referralCode: (giveawayId, participantId) =>
      Array.from(
        hash(current, 'referral', giveawayId, participantId).slice(0, CODE_LENGTH),
        (byte) => ALPHABET[byte % ALPHABET.length],
      ).join(''),
    emailToken: (...names) => token(current, ...names),
    isEmailToken: (given, ...names) =>
      ring.some((key) => constantTimeEqual(Buffer.from(given), Buffer.from(token(key, ...names)))),
  };
}
