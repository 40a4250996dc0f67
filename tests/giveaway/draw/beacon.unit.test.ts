import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type BeaconChain,
  BEACON_SCHEME,
  hashChain,
  isRoundSigned,
  PUBLIC_CHAINS,
  requireChain,
  roundRandomness,
} from '../../../domain/draw/beacon.ts';
import { chooseRound, firstRoundAt, roundTimeMs } from '../../../domain/draw/beacon-round.ts';
import { fromHex, toHex } from '../../../domain/draw/bytes.ts';
import { instantMs } from '../../../domain/draw/instant.ts';
import { InvalidDraw } from '../../../domain/draw/invalid-draw.ts';
import { verifyBls } from '../../../runtime/beacon-crypto.ts';
import { drawCrypto } from '../../../runtime/draw-crypto.ts';
import { readVector } from './read-vector.ts';

interface Quicknet {
  chainHash: string;
  publicKey: string;
  periodSeconds: number;
  genesisTime: number;
  rounds: { round: number; signature: string; randomness: string }[];
}

const known = readVector<Quicknet>('drand-quicknet');
const crypto = { ...drawCrypto, verifyBls };
const quicknet: BeaconChain = {
  scheme: BEACON_SCHEME,
  publicKey: known.publicKey,
  periodSeconds: known.periodSeconds,
  genesisTime: known.genesisTime,
  groupHash: 'f477d5c89f21a17c863a7f937c6a6d15859414d2be09cd448d4279af331c5d3e',
  beaconId: 'quicknet',
};

describe('the published rounds of quicknet', () => {
  it('belong to the chain whose hash is public', () => {
    expect(hashChain(drawCrypto, quicknet)).toBe(known.chainHash);
    expect(PUBLIC_CHAINS[known.chainHash]).toMatch(/quicknet/);
  });

  it.each(known.rounds)('are signed by its key: $round', ({ round, signature, randomness }) => {
    expect(isRoundSigned(crypto, quicknet, round, signature)).toBe(true);
    expect(roundRandomness(drawCrypto, signature)).toBe(randomness);
  });

  it('are not those of another round', () => {
    const [first, second] = known.rounds;
    expect(isRoundSigned(crypto, quicknet, second!.round, first!.signature)).toBe(false);
    expect(isRoundSigned(crypto, quicknet, first!.round + 1, first!.signature)).toBe(false);
  });

  it('are refused with any bit of the signature or the key changed', () => {
    const { round, signature } = known.rounds[0]!;
    const flipped = (hex: string, at: number): string => {
      const bytes = fromHex(hex);
      bytes[at]! ^= 1 << (at % 8);
      return toHex(bytes);
    };
    for (let at = 0; at < signature.length / 2; at += 1)
      expect(isRoundSigned(crypto, quicknet, round, flipped(signature, at)), `signature ${at}`).toBe(false);
    for (let at = 0; at < quicknet.publicKey.length / 2; at += 1) {
      const other = { ...quicknet, publicKey: flipped(quicknet.publicKey, at) };
      expect(isRoundSigned(crypto, other, round, signature), `key ${at}`).toBe(false);
    }
  });

  it('are refused when they are too short, too long, or the point at infinity', () => {
    const { round, signature } = known.rounds[0]!;
    for (const wrong of ['', signature.slice(2), `${signature}00`, `c0${'00'.repeat(47)}`])
      expect(isRoundSigned(crypto, quicknet, round, wrong)).toBe(false);
    const infinity = { ...quicknet, publicKey: `c0${'00'.repeat(95)}` };
    expect(isRoundSigned(crypto, infinity, round, signature)).toBe(false);
    expect(isRoundSigned(crypto, infinity, round, `c0${'00'.repeat(47)}`)).toBe(false);
  });
});

describe('the parameters of a chain', () => {
  it.each<[string, Partial<BeaconChain>]>([
    ['publicKey', { publicKey: known.publicKey.slice(2) }],
    ['publicKey', { publicKey: known.publicKey.toUpperCase() }],
    ['periodSeconds', { periodSeconds: 0 }],
    ['periodSeconds', { periodSeconds: 2 ** 32 }],
    ['genesisTime', { genesisTime: -1 }],
    ['groupHash', { groupHash: 'ab' }],
    ['beaconId', { beaconId: '' }],
  ])('are refused with a wrong %s', (name, change) => {
    expect(() => requireChain({ ...quicknet, ...change })).toThrow(name);
  });

  it('all change its hash', () => {
    const changes: Partial<BeaconChain>[] = [
      { publicKey: known.publicKey.replace('8', '9') },
      { periodSeconds: 4 },
      { genesisTime: known.genesisTime + 1 },
      { groupHash: '00'.repeat(32) },
      { beaconId: 'other' },
      { beaconId: 'default' },
    ];
    const hashes = changes.map((change) => hashChain(drawCrypto, { ...quicknet, ...change }));
    expect(new Set([known.chainHash, ...hashes]).size).toBe(7);
  });
});

describe('the round of a draw', () => {
  const closesAt = '2030-01-31T12:00:00.000Z';
  const rule = { closesAt, delaySeconds: 60, marginSeconds: 30 };
  const at = (text: string) => chooseRound(quicknet, rule, text);

  it('is the first at or after the deadline and the delay', () => {
    const { round, late } = at('2030-01-31T12:00:05.000Z');
    const wanted = Date.parse(closesAt) + 60_000;
    expect(late).toBe(false);
    expect(roundTimeMs(quicknet, round)).toBeGreaterThanOrEqual(wanted);
    expect(roundTimeMs(quicknet, round - 1)).toBeLessThan(wanted);
  });

  it('moves when the commitment is not out the margin before it, by one millisecond', () => {
    const due = roundTimeMs(quicknet, at(closesAt).round);
    const lastMs = due - 30_000;
    expect(at(new Date(lastMs).toISOString())).toEqual({ round: at(closesAt).round, late: false });
    const late = at(new Date(lastMs + 1).toISOString());
    expect(late).toEqual({ round: firstRoundAt(quicknet, lastMs + 1 + 60_000), late: true });
  });

  it('is always at least the margin after the publication', () => {
    const times = fc.integer({ min: 0, max: 4_000_000_000_000 });
    fc.assert(
      fc.property(times, fc.integer({ min: 0, max: 10_000_000 }), (closes, more) => {
        const published = new Date(closes + more);
        const terms = { ...rule, closesAt: new Date(closes).toISOString() };
        const { round } = chooseRound(quicknet, terms, published.toISOString());
        // Before the chain's first round there is nothing to wait for longer.
        expect(roundTimeMs(quicknet, round)).toBeGreaterThanOrEqual(published.getTime() + 30_000);
        if (round > 1) expect(roundTimeMs(quicknet, round)).toBeLessThan(published.getTime() + 60_000 + 3_000);
      }),
    );
  });

  it('counts from 1 at the genesis', () => {
    const genesisMs = known.genesisTime * 1_000;
    expect([-1, 0, 1, 3_000, 3_001].map((ms) => firstRoundAt(quicknet, genesisMs + ms))).toEqual([1, 1, 2, 2, 3]);
    expect(roundTimeMs(quicknet, 1)).toBe(genesisMs);
  });
});

describe('an instant', () => {
  it('is counted as everybody counts', () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true }),
        (date) => {
          expect(instantMs(date.toISOString())).toBe(date.getTime());
        },
      ),
    );
  });

  it.each([
    '2030-02-29T00:00:00.000Z',
    '2100-02-29T00:00:00.000Z',
    '2030-13-01T00:00:00.000Z',
    '2030-00-01T00:00:00.000Z',
    '2030-04-31T00:00:00.000Z',
    '2030-01-01T24:00:00.000Z',
    '2030-01-01T00:60:00.000Z',
    '2030-01-01T00:00:60.000Z',
    '2030-01-01',
  ])('does not exist: %s', (text) => {
    expect(() => instantMs(text)).toThrow(InvalidDraw);
  });
});
