/** The hash functions of a draw, given by whoever runs it: a server, the command line or a browser. All synchronous. */
export interface Hashing {
  /** @returns 32 bytes. */
  sha256(data: Uint8Array): Uint8Array;
  /**
   * Writes the 32 bytes into the target instead, from the offset on: a draw of a million hashes millions of times. The
   * target may be the data.
   */
  sha256Into(data: Uint8Array, target: Uint8Array, offset: number): void;
  /** @returns 32 bytes. */
  hmacSha256(key: Uint8Array, data: Uint8Array): Uint8Array;
}
