import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isoInstant } from '../../../runtime/iso-instant.ts';
import { RunningDigest } from '../../../runtime/running-digest.ts';

describe('what a draw does a million times', () => {
  it('writes an instant as toISOString does', () => {
    const instants = fc.date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true });
    fc.assert(fc.property(instants, (date) => isoInstant(date.getTime()) === date.toISOString()));
    const near = fc.integer({ min: -120_000, max: 120_000 });
    fc.assert(fc.property(near, (ms) => isoInstant(ms) === new Date(ms).toISOString()));
  });

  it('digests parts of any length as one', () => {
    const part = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.integer({ min: 60_000, max: 140_000 }).map((length) => new Uint8Array(length).fill(7)),
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 20 }), (parts) => {
        const digest = new RunningDigest();
        const whole = createHash('sha256');
        for (const one of parts) {
          digest.add(one);
          whole.update(one);
        }
        expect(digest.hex()).toBe(whole.digest('hex'));
      }),
      { numRuns: 50 },
    );
  });
});
