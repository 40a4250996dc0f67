/** An authority that says when something existed (RFC 3161). */
export interface TimestampPort {
  /**
   * @param sha256 what is stamped, 32 bytes.
   * @returns the token in DER, by an authority that is trusted, checked.
   * @throws when there is none at the moment; ask again.
   */
  stamp(sha256: Uint8Array): Promise<Uint8Array>;
}
