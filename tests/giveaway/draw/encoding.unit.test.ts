import { describe, expect, it } from 'vitest';
import { frame, fromHex, toHex, uint64, utf8 } from '../../../domain/draw/bytes.ts';
import { canonicalJson } from '../../../domain/draw/canonical-json.ts';
import { type ParticipantIdentity, participantCommitment } from '../../../domain/draw/entry.ts';
import { InvalidDraw } from '../../../domain/draw/invalid-draw.ts';
import { type DrawSecret, hashSecret } from '../../../domain/draw/randomness.ts';
import { drawCrypto } from '../../../runtime/draw-crypto.ts';
import { readVector } from './read-vector.ts';

interface EncodingVectors {
  canonical: { value: unknown; text: string }[];
  frames: { tag: string; fields: string[]; hex: string }[];
  participants: (ParticipantIdentity & { commitment: string })[];
  secrets: (DrawSecret & { hash: string })[];
}

const vectors = readVector<EncodingVectors>('encoding');

describe('canonical JSON', () => {
  it.each(vectors.canonical)('writes $text', ({ value, text }) => {
    expect(canonicalJson(value)).toBe(text);
  });

  it('sorts names by UTF-16 code units, not by code points', () => {
    expect(canonicalJson({ '\ue000': 1, '😀': 2 })).toBe('{"😀":2,"\ue000":1}');
  });

  it('leaves out what is undefined', () => {
    expect(canonicalJson({ a: undefined, b: 1 })).toBe('{"b":1}');
  });

  it.each([0.5, Number.NaN, 2 ** 53, null, undefined, 1n, '\ud800', { a: null }, [undefined]])(
    'refuses %s, which has no one spelling',
    (value) => {
      expect(() => canonicalJson(value)).toThrow(InvalidDraw);
    },
  );
});

describe('bytes', () => {
  it.each(vectors.frames)('frames $fields', ({ tag, fields, hex }) => {
    expect(toHex(frame(tag, ...fields.map(fromHex)))).toBe(hex);
  });

  it.each(['0', 'AB', 'zz', '0x00', ' 00'])('refuses %j as hex', (text) => {
    expect(() => fromHex(text)).toThrow(InvalidDraw);
  });

  it.each([-1, 1.5, 2 ** 53])('refuses %d as an unsigned integer', (value) => {
    expect(() => uint64(value)).toThrow(InvalidDraw);
  });

  it('refuses a lone surrogate, which UTF-8 cannot hold', () => {
    expect(() => utf8('\udc00')).toThrow(InvalidDraw);
  });
});

describe('commitments to a person and to a secret', () => {
  it.each(vectors.participants)('hides $participantId of $giveawayId', ({ commitment, ...identity }) => {
    expect(participantCommitment(drawCrypto, identity)).toBe(commitment);
  });

  it.each(vectors.secrets)('hides the secret of draw $drawNumber', ({ hash, ...draw }) => {
    expect(hashSecret(drawCrypto, draw)).toBe(hash);
  });
});
