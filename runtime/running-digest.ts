import { createHash } from 'node:crypto';

const GATHERED_BYTES = 65_536;

/** SHA-256 of many small parts, one behind the other: gathered, because a call for each costs more than its hashing. */
export class RunningDigest {
  readonly #hash = createHash('sha256');
  readonly #gathered = Buffer.alloc(GATHERED_BYTES);
  #length = 0;

  add(part: Uint8Array): void {
    if (this.#length + part.length > GATHERED_BYTES) this.#flush();
    if (part.length > GATHERED_BYTES) {
      this.#hash.update(part);
      return;
    }
    this.#gathered.set(part, this.#length);
    this.#length += part.length;
  }

  #flush(): void {
    this.#hash.update(this.#gathered.subarray(0, this.#length));
    this.#length = 0;
  }

  /** Of all parts; afterwards none can be added. */
  hex(): string {
    this.#flush();
    return this.#hash.digest('hex');
  }
}
