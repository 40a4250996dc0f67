import { frame, fromHex, uint64, utf8 } from './bytes.ts';
import type { PrizeUnit } from './commitment.ts';
import type { Hashing } from './hashing.ts';

/** How an attempt wins: the first ones, by chance, or the first after a moment that nobody knows. */
export const INSTANT_WIN_KINDS = ['first_come', 'odds', 'time_slots'] as const;
export type InstantWinKind = (typeof INSTANT_WIN_KINDS)[number];

export interface InstantWinRule {
  readonly by: InstantWinKind;
  /** With `odds`: how many of a million attempts win, on average. */
  readonly oddsPerMillion?: number | undefined;
}

export const MILLION = 1_000_000;

/**
 * Whether an attempt wins by chance. The platform fixed the secret before it knew the nonce, and whoever attempts chose
 * the nonce without knowing the secret. In integers: the first 8 bytes of the HMAC, times a million, are below the odds
 * times 2^64.
 * @param secret hex of 32 bytes.
 * @param attempt.clientNonce hex of 32 bytes.
 */
export function isHit(
  hashing: Hashing,
  secret: string,
  { entryId, clientNonce, oddsPerMillion }: { entryId: string; clientNonce: string; oddsPerMillion: number },
): boolean {
  const message = frame('handsel-instant-v1', utf8(entryId), fromHex(clientNonce));
  return firstNumber(hashing, secret, message) * BigInt(MILLION) < BigInt(oddsPerMillion) << 64n;
}

export interface SlotWindow {
  /** Milliseconds since 1970, as is all of it. */
  readonly fromMs: number;
  readonly untilMs: number;
}

/** When each unit can first be won: one moment for each, in the order of the units, anywhere in the window. */
export function slotTimesMs(hashing: Hashing, secret: string, unitCount: number, window: SlotWindow): number[] {
  const durationMs = BigInt(Math.max(1, window.untilMs - window.fromMs));
  return Array.from({ length: unitCount }, (_, index) => {
    const number = firstNumber(hashing, secret, frame('handsel-slot-v1', uint64(index)));
    return window.fromMs + Number(number % durationMs);
  });
}

function firstNumber(hashing: Hashing, secret: string, message: Uint8Array): bigint {
  const block = hashing.hmacSha256(fromHex(secret), message);
  return new DataView(block.buffer, block.byteOffset).getBigUint64(0);
}

export interface DecidedAttempt {
  readonly entryId: string;
  readonly clientNonce: string;
  readonly receivedMs: number;
}

/** Decides attempts one after the other, in the order of their numbers, as the database did. */
export class InstantWinReplay {
  readonly #wins: (attempt: DecidedAttempt) => boolean;
  /** What is left, in the order in which it is won; a unit can be won from its moment on. */
  readonly #open: { readonly unitId: string; readonly fromMs: number }[];

  constructor(hashing: Hashing, { rule, secret, units, window }: InstantWinDraw) {
    const times = rule.by === 'time_slots' ? slotTimesMs(hashing, secret, units.length, window) : [];
    this.#open = units
      .map(({ unitId }, index) => ({ unitId, fromMs: times[index] ?? -Infinity }))
      .toSorted((left, right) => (left.fromMs < right.fromMs ? -1 : left.fromMs > right.fromMs ? 1 : 0));
    const oddsPerMillion = rule.by === 'odds' ? (rule.oddsPerMillion ?? 0) : MILLION;
    this.#wins = (attempt) => isHit(hashing, secret, { ...attempt, oddsPerMillion });
  }

  /** @returns the unit that this attempt wins; undefined when it wins nothing. */
  decide(attempt: DecidedAttempt): string | undefined {
    const [next] = this.#open;
    if (!next || next.fromMs > attempt.receivedMs || !this.#wins(attempt)) return undefined;
    this.#open.shift();
    return next.unitId;
  }

  get unitsLeft(): number {
    return this.#open.length;
  }
}

export interface InstantWinDraw {
  readonly rule: InstantWinRule;
  readonly secret: string;
  /** In the order in which they are won. */
  readonly units: readonly PrizeUnit[];
  /** In which the moments of time slots lie. */
  readonly window: SlotWindow;
}
