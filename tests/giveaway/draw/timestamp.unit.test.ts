import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../../domain/draw/bytes.ts';
import { InvalidDraw } from '../../../domain/draw/invalid-draw.ts';
import { readTimestamp } from '../../../domain/witness/timestamp-token.ts';
import { witnessCrypto } from '../../../runtime/witness-crypto.ts';
import { readVector } from './read-vector.ts';

interface Vector {
  name: string;
  digest: string;
  token: string;
  root: string;
  middle: string;
  tsa: string;
}

const vectors = readVector<Vector[]>('timestamps');
const named = (wanted: string): Vector => vectors.find(({ name }) => name === wanted)!;
const read = ({ token, digest }: Pick<Vector, 'token' | 'digest'>, ...trusted: string[]) =>
  readTimestamp(witnessCrypto, fromHex(token), fromHex(digest), trusted.map(fromHex));
const proper = vectors.filter(({ name }) => !name.includes('usage'));
const whole = proper.filter(({ name }) => name !== 'without-middle');

describe('time-stamps made by OpenSSL', () => {
  it.each(proper)('are read: $name', (vector) => {
    const stamp = read(vector);
    expect(stamp).toMatchObject({ authority: `${vector.name} tsa`, trusted: false });
    expect(stamp.instant).toMatch(/^20\d\d-.*Z$/);
    // 1 s, 500 ms and 100 µs, rounded up.
    expect(stamp.latestMs - Date.parse(stamp.instant)).toBe(1_501);
  });

  it.each(whole)('are trusted by the root, the one between, or their own certificate: $name', (vector) => {
    for (const certificate of [vector.root, vector.middle, vector.tsa])
      expect(read(vector, certificate).trusted).toBe(true);
  });

  it('are not trusted by anybody else, however many there are', () => {
    const others = whole
      .filter(({ name }) => name !== 'p256-sha256')
      .flatMap(({ root, middle, tsa }) => [root, middle, tsa]);
    expect(read(named('p256-sha256'), ...others).trusted).toBe(false);
  });

  it('need the certificates between them and the root', () => {
    const vector = named('without-middle');
    expect(read(vector, vector.root).trusted).toBe(false);
    expect(read(vector, vector.middle).trusted).toBe(true);
  });

  it.each(['usage-not-critical', 'other-usage'])('by a certificate that is not for this are refused: %s', (name) => {
    const vector = named(name);
    expect(() => read({ ...vector, digest: named('rsa-sha256').digest }, vector.root)).toThrow(
      'is not for time-stamps',
    );
  });

  it('of something else are refused', () => {
    expect(() => read({ ...named('rsa-sha256'), digest: '00'.repeat(32) })).toThrow('about something else');
  });
});

describe('a time-stamp with any byte changed', () => {
  it.each([
    ['p256-sha256', 1],
    ['rsa-sha256', 7],
  ])('is refused, or no longer trusted: %s', (name, step) => {
    const vector = named(name);
    const bytes = fromHex(vector.token);
    for (let at = 0; at < bytes.length; at += step) {
      const changed = bytes.slice();
      changed[at]! ^= 1 << (at % 8);
      expect(isTrusted({ ...vector, token: toHex(changed) }), `byte ${at}`).toBe(false);
    }
  });

  function isTrusted(vector: Vector): boolean {
    try {
      return read(vector, vector.root).trusted;
    } catch (error) {
      if (error instanceof InvalidDraw) return false;
      throw error;
    }
  }

  it('is refused when it is cut off, followed by something, or not DER at all', () => {
    const { token, digest } = named('rsa-sha256');
    for (const wrong of ['', '00', 'ff'.repeat(40), token.slice(0, -2), `${token}00`, `3080${token.slice(8)}0000`])
      expect(() => read({ token: wrong, digest })).toThrow(InvalidDraw);
  });
});
