/** The hash functions of a draw, given by whoever runs it: a server, the command line or a browser. All synchronous. */
export interface Hashing {
  /** @returns 32 bytes. */
  sha256(data: Uint8Array): Uint8Array;
  /** @returns 32 bytes. */
  hmacSha256(key: Uint8Array, data: Uint8Array): Uint8Array;
}
