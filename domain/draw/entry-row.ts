import type { DrawEntry } from './entry.ts';

/**
 * An entry in the bytes of its row, of which none has been made into a text: the same that a {@link DrawEntry} says,
 * where its id is a UUID. A reader may use one object for all rows: it is good until the next row is read.
 */
export interface EntryRow {
  /** Of the row; the places below are in it. */
  readonly bytes: Uint8Array;
  /** Where the 16 bytes of its id begin. */
  readonly idAt: number;
  /** Where the 32 bytes of its participant's commitment begin. */
  readonly participantAt: number;
  /** From 1 to `MAX_WEIGHT` when eligible, otherwise 0. */
  readonly weight: number;
  readonly reason: string;
  /** Milliseconds since 1970. */
  readonly receivedAtMs: number;
}

export const UUID_BYTES = 16;

const DIGITS = Uint8Array.from('0123456789abcdef', (digit) => digit.charCodeAt(0));
const HYPHEN = 0x2d;
const HYPHENS_AT = [8, 13, 18, 23];
/** Where the two digits of each byte are in the text. */
const DIGITS_AT = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34];

/** How long a UUID is, in characters, of which each is a byte. */
export const UUID_LENGTH = 36;

/** Writes the characters of a UUID, in lower case, of its 16 bytes. */
export function writeUuid(bytes: Uint8Array, from: number, target: Uint8Array, at: number): void {
  for (let byte = 0; byte < UUID_BYTES; byte += 1) {
    const value = bytes[from + byte] as number;
    const to = at + (DIGITS_AT[byte] as number);
    target[to] = DIGITS[value >> 4] as number;
    target[to + 1] = DIGITS[value & 15] as number;
  }
  for (const hyphen of HYPHENS_AT) target[at + hyphen] = HYPHEN;
}

/** The text of a UUID. */
export function uuidText(bytes: Uint8Array, from: number): string {
  const text = new Uint8Array(UUID_LENGTH);
  writeUuid(bytes, from, text, 0);
  return String.fromCharCode(...text);
}

/** The id of the row's entry. */
export const entryIdOf = ({ bytes, idAt }: EntryRow): DrawEntry['entryId'] => uuidText(bytes, idAt);
