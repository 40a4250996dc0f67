import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CopiedRow } from '../../../db/copy-rows.ts';
import { fromHex } from '../../../domain/draw/bytes.ts';
import type { DrawEntry } from '../../../domain/draw/entry.ts';
import type { EntryRow } from '../../../domain/draw/entry-row.ts';
import { EntryRowTree } from '../../../domain/draw/entry-row-tree.ts';
import { EntryTree } from '../../../domain/draw/entry-tree.ts';
import { commitmentAt, EntryWeights } from '../../../domain/draw/entry-weights.ts';
import { INSTANT_LENGTH, writeInstant } from '../../../domain/draw/instant.ts';
import { drawCrypto } from '../../../runtime/draw-crypto.ts';

/** The row of an entry, with other bytes around each field. */
function rowOf({ entryId, participant, weight, reason, receivedAt }: DrawEntry): EntryRow {
  const bytes = Buffer.concat([
    Buffer.alloc(3, 0xee),
    fromHex(entryId.replaceAll('-', '')),
    Buffer.alloc(5, 0xee),
    fromHex(participant),
    Buffer.alloc(2, 0xee),
  ]);
  return { bytes, idAt: 3, participantAt: 24, weight, reason, receivedAtMs: Date.parse(receivedAt) };
}

const hexes = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes).toString('hex'));
const reasons = fc.constantFrom('eligible', 'eligible', 'under_age', 'a', 'b'.repeat(64));
const entry = fc
  .record({
    entryId: fc.uuid(),
    participant: hexes,
    weight: fc.integer({ min: 1, max: 1_000_000 }),
    reason: reasons,
    receivedAt: fc
      .date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true })
      .map((date) => date.toISOString()),
  })
  .map((made): DrawEntry => (made.reason === 'eligible' ? made : { ...made, weight: 0 }));
const entries = fc
  .uniqueArray(entry, { selector: ({ entryId }) => entryId, maxLength: 40 })
  .map((made) => made.toSorted((left, right) => (left.entryId < right.entryId ? -1 : 1)));

function ofRows(rows: readonly EntryRow[]) {
  const tree = new EntryRowTree(drawCrypto);
  for (const row of rows) tree.add(row);
  return tree.summary();
}

describe('the entries of a draw in the bytes of their rows', () => {
  it('have the root and the totals of the same entries as texts', () => {
    fc.assert(
      fc.property(entries, (made) => {
        const tree = new EntryTree(drawCrypto);
        for (const one of made) tree.add(one);
        expect(ofRows(made.map(rowOf))).toEqual(tree.summary());
      }),
    );
  });

  it('are weighed as the same entries are as texts', () => {
    fc.assert(
      fc.property(entries, (made) => {
        const [texts, rows] = [new EntryWeights(), new EntryWeights()];
        for (const one of made) texts.add(one);
        for (const one of made) rows.addRow(rowOf(one));
        expect(rows.participants()).toEqual(texts.participants());
      }),
    );
  });

  const first: DrawEntry = {
    entryId: '11111111-1111-4111-8111-111111111111',
    participant: 'ab'.repeat(32),
    weight: 1,
    reason: 'eligible',
    receivedAt: '2030-01-31T12:00:00.000Z',
  };
  const second: DrawEntry = { ...first, entryId: '11111111-1111-4111-8111-111111111112' };

  it.each<[string, EntryRow[], string]>([
    ['out of order', [rowOf(second), rowOf(first)], `Entry ${first.entryId} must not come after ${second.entryId}`],
    ['twice', [rowOf(first), rowOf(first)], `Entry ${first.entryId} comes twice`],
    ['eligible without a weight', [rowOf({ ...first, weight: 0 })], `${first.entryId} is eligible with weight 0`],
    ['not eligible with one', [rowOf({ ...first, reason: 'bot' })], `${first.entryId} is bot with weight 1`],
    ['with too much', [rowOf({ ...first, weight: 1_000_001 })], 'from 0 to 1000000'],
    ['with a fraction', [rowOf({ ...first, weight: 1.5 })], 'not an integer'],
    ['with no reason code', [rowOf(first), rowOf({ ...second, weight: 0, reason: 'Bot' })], 'not a reason code'],
    ['without a reason', [rowOf({ ...first, weight: 0, reason: '' })], 'not a reason code'],
    ['at no instant', [{ ...rowOf(first), receivedAtMs: Number.NaN }], 'Not an instant'],
  ])('are refused %s', (_, rows, message) => {
    expect(() => ofRows(rows)).toThrow(message);
  });
});

describe('weights of participants', () => {
  it('are sorted by the whole commitment, also where many begin alike', () => {
    const alike = fc
      .tuple(fc.constantFrom('00000000', '00000001', 'ffffffff', 'a1b2c3d4'), fc.constantFrom('00', '7f', 'ff'))
      .map(([start, end]) => `${start}${'5'.repeat(54)}${end}`);
    fc.assert(
      fc.property(fc.array(fc.tuple(alike, fc.integer({ min: 1, max: 9 })), { maxLength: 80 }), (given) => {
        const [weights, expected] = [new EntryWeights(), new Map<string, number>()];
        for (const [participant, weight] of given) {
          weights.add({ entryId: 'x', participant, weight, reason: 'eligible', receivedAt: '' });
          expected.set(participant, (expected.get(participant) ?? 0) + weight);
        }
        const made = weights.participants();
        const found = Array.from(made.weights, (weight, index) => [commitmentAt(made, index), weight]);
        expect(found).toEqual([...expected].toSorted(([left], [right]) => (left < right ? -1 : 1)));
      }),
    );
  });
});

describe('an instant as bytes', () => {
  const write = (epochMs: number): string => {
    const bytes = Buffer.alloc(INSTANT_LENGTH + 2, '-');
    writeInstant(epochMs, bytes, 1);
    return bytes.toString();
  };

  it('is what toISOString writes', () => {
    const instants = fc.date({ min: new Date('0000-01-01'), max: new Date('9999-12-31'), noInvalidDate: true });
    const days = fc.integer({ min: -719_528, max: 2_932_896 }).map((day) => new Date(day * 86_400_000));
    fc.assert(
      fc.property(fc.oneof(instants, days), (date) => write(date.getTime()) === `-${date.toISOString()}-`),
      { numRuns: 2_000 },
    );
    for (const edge of ['0000-01-01T00:00:00.000Z', '9999-12-31T23:59:59.999Z', '2000-02-29T00:00:00.000Z'])
      expect(write(Date.parse(edge))).toBe(`-${edge}-`);
  });

  it.each([-62_167_219_200_001, 253_402_300_800_000, 0.5, Number.NaN, Number.POSITIVE_INFINITY])(
    'is refused of %s',
    (epochMs) => {
      expect(() => write(epochMs)).toThrow('Not an instant of the years 0000 to 9999');
    },
  );
});

describe('a row as PostgreSQL copies it', () => {
  const field = (bytes: Uint8Array): Buffer => {
    const length = Buffer.alloc(4);
    length.writeInt32BE(bytes.length);
    return Buffer.concat([length, bytes]);
  };
  const copied = (...fields: readonly Uint8Array[]): Buffer =>
    Buffer.concat([Buffer.of(0, fields.length), ...fields.map(field)]);

  it('gives a text anew only where it is another one, and places only of the length that was asked for', () => {
    const row = new CopiedRow();
    for (const text of ['eligible', 'eligible', 'under_age', 'eligiblE', '', 'bot', 'bat']) {
      const bytes = copied(Buffer.of(1, 2, 3), Buffer.from(text), Buffer.of(9));
      expect(row.begin(bytes, 0)).toBe(true);
      const at = row.place(3);
      expect([...row.source.subarray(at, at + 3)]).toEqual([1, 2, 3]);
      expect(row.repeatedText()).toBe(text);
      expect(row.source[row.place(1)]).toBe(9);
    }
    row.begin(copied(Buffer.of(1, 2, 3)), 0);
    expect(() => row.place(4)).toThrow('A field has 3 bytes, not 4');
  });
});
