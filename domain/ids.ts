/** Deterministic ids: the same names give the same id on every side and in every attempt (RFC 9562, version 5). */

export type Sha1 = (data: Uint8Array) => Uint8Array;

/** A digest of 32 bytes. */
export type Sha256 = (data: Uint8Array) => Uint8Array;

/** The namespace of all of Handsel's name-based ids; it never changes, or every repeat would make a second effect. */
const NAMESPACE = Uint8Array.from([
  0x6f, 0x2a, 0x3c, 0x11, 0x9d, 0x74, 0x4b, 0x0e, 0xa1, 0x55, 0x0c, 0x7b, 0xe9, 0x4d, 0x2f, 0x68,
]);

const SEPARATOR = '\u001f';

/**
 * A UUIDv5 of the given names, in order.
 * @throws RangeError when a name contains the separator (U+001F), which could make two lists of names look alike.
 */
export function nameUuid(sha1: Sha1, ...names: readonly string[]): string {
  requireSeparable(names);
  const text = new TextEncoder().encode(names.join(SEPARATOR));
  const input = new Uint8Array(NAMESPACE.length + text.length);
  input.set(NAMESPACE);
  input.set(text, NAMESPACE.length);
  return formatUuid(sha1(input), 5);
}

/**
 * A version 8 UUID of the given names, in order: what the database can make as well, which has SHA-256 but not SHA-1.
 * @throws RangeError when a name contains the separator (U+001F).
 */
export function digestUuid(sha256: Sha256, ...names: readonly string[]): string {
  requireSeparable(names);
  return formatUuid(sha256(new TextEncoder().encode(names.join(SEPARATOR))), 8);
}

function requireSeparable(names: readonly string[]): void {
  if (names.some((name) => name.includes(SEPARATOR))) throw new RangeError('A name must not contain U+001F');
}

function formatUuid(digest: Uint8Array, version: 5 | 8): string {
  const bytes = digest.slice(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | (version << 4);
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
