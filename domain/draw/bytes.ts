import { requireDraw } from './invalid-draw.ts';

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));
const encoder = new TextEncoder();

/** The value of a lowercase hex digit by its character code; 255 for any other character. */
const DIGITS = Uint8Array.from({ length: 256 }, (_, code) => {
  const value = '0123456789abcdef'.indexOf(String.fromCharCode(code));
  return value === -1 ? 255 : value;
});

/** Lowercase hex. Its text order is the order of the bytes, so hashes are compared and sorted as hex. */
export function toHex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += HEX[byte];
  return text;
}

/** @throws InvalidDraw unless the text is lowercase hex of whole bytes. */
export function fromHex(text: string): Uint8Array {
  const bytes = new Uint8Array(Math.floor(text.length / 2));
  requireDraw(text.length % 2 === 0 && writeHex(text, bytes, 0), 'Not lowercase hex');
  return bytes;
}

/** Writes the bytes of a hex text into the target. @returns whether all of it was lowercase hex. */
export function writeHex(text: string, target: Uint8Array, offset: number): boolean {
  let seen = 0;
  for (let at = 0; at + 1 < text.length; at += 2) {
    const high = digitAt(text, at);
    const low = digitAt(text, at + 1);
    seen |= high | low;
    target[offset + at / 2] = (high << 4) | low;
  }
  return seen < 16;
}

function digitAt(text: string, at: number): number {
  return DIGITS[text.charCodeAt(at)] ?? 255;
}

/** @throws InvalidDraw for a lone surrogate, which UTF-8 cannot hold: two different texts would get the same bytes. */
export function utf8(text: string): Uint8Array {
  requireDraw(text.isWellFormed(), 'The text has a lone surrogate');
  return encoder.encode(text);
}

/** Eight bytes, big-endian. */
export function uint64(value: number): Uint8Array {
  requireDraw(Number.isSafeInteger(value) && value >= 0, 'Not a non-negative integer below 2^53');
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value));
  return bytes;
}

/** The parts one behind the other: only where somebody else's format asks for it. Ours are framed. */
export function joinBytes(...parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((total, part) => total + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}

/**
 * The tag and the fields, each behind its length in four big-endian bytes. No two lists of fields have the same
 * frame, and no two uses of a hash share a tag: nothing hashed for one purpose can be shown for another.
 */
export function frame(tag: string, ...fields: readonly Uint8Array[]): Uint8Array {
  const parts = [utf8(tag), ...fields];
  const framed = new Uint8Array(parts.reduce((total, part) => total + 4 + part.length, 0));
  const view = new DataView(framed.buffer);
  let offset = 0;
  for (const part of parts) {
    view.setUint32(offset, part.length);
    framed.set(part, offset + 4);
    offset += 4 + part.length;
  }
  return framed;
}
