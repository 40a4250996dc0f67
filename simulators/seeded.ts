import { createHash } from 'node:crypto';

/** A number in [0, 1) that depends on nothing but its arguments: the same story happens again under the same seed. */
export const seeded = (...parts: readonly (string | number)[]): number =>
  createHash('sha256').update(parts.join('\u0000')).digest().readUInt32BE(0) / 2 ** 32;
