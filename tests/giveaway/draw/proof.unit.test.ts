import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../../domain/draw/canonical-json.ts';
import type { Commitment } from '../../../domain/draw/commitment.ts';
import type { Proof } from '../../../domain/proof/proof.ts';
import type { ProofStep } from '../../../domain/proof/proof-reader.ts';
import { proofLines } from '../../../domain/proof/proof-text.ts';
import { verifyProof, verifyProofLines } from '../../../domain/proof/verify-proof.ts';
import { drawCrypto } from '../../../runtime/draw-crypto.ts';
import { textLines } from '../../../runtime/text-lines.ts';
import { drawnProof, hashOf, makeEntries, makeProof, publicKey, signCommitment } from './build-draw.ts';
import { readVector } from './read-vector.ts';

const proof = makeProof(makeEntries([3, 0, 4, 1, 1]));
const verify = (value: unknown) => verifyProof(value, drawCrypto);

describe('a proof', () => {
  it.each(['proof', 'proof-empty', 'proof-per-prize', 'proof-leaderboard'])(
    'made by the other program is valid: %s',
    (name) => {
      expect(verify(readVector(name))).toMatchObject({
        ok: true,
        witnessed: 'operator-asserted',
        randomness: 'commit-reveal',
      });
    },
  );

  it.each([
    'proof',
    'proof-empty',
    'proof-per-prize',
    'proof-leaderboard',
    'proof-drand',
    'proof-drand-late',
    'proof-witnessed',
  ])('is built from the same draw as the other program builds it: %s', (name) => {
    const known = readVector<Proof>(name);
    const { rules, commitment, signature, entries, witness, reveal } = known;
    const built = drawnProof({ rules, commitment, signature, witness, reveal }, entries);
    expect(canonicalJson(built)).toBe(canonicalJson(known));
  });

  it('says what it shows and what it does not', () => {
    const result = verify(proof);
    if (!result.ok) throw new Error(result.reason);
    expect(result.statements.map(({ step }) => step)).toEqual([
      'format',
      'rules',
      'entries',
      'totals',
      'root',
      'signature',
      'randomness',
      'witness',
      'seed',
      'ranking',
      'awards',
    ]);
    expect(result.caveats.join(' ')).toMatch(/did not steer.*Only the operator says.*compare it with the one/);
  });

  it('is checked against a trusted key', () => {
    const trusted = verifyProof(proof, drawCrypto, { trustedKey: publicKey });
    expect(trusted).toMatchObject({ ok: true });
    expect(verifyProof(proof, drawCrypto, { trustedKey: hashOf('other') })).toMatchObject({ ok: false, step: 'key' });
  });
});

describe('a proof that lies', () => {
  const commit = (change: Partial<Commitment>): Proof => ({ ...proof, commitment: { ...proof.commitment, ...change } });
  /** An operator can sign anything; what it cannot do is make the rest follow. */
  const signed = (lie: Proof): Proof => ({ ...lie, signature: signCommitment(lie.commitment) });
  const [first, second, ...rest] = proof.entries as [Proof['entries'][0], Proof['entries'][0]];
  const lies: [ProofStep, string, Proof][] = [
    ['rules', 'about the rules', { ...proof, rules: `${proof.rules} ` }],
    ['entries', 'about the order of entries', { ...proof, entries: [second, first, ...rest] }],
    ['entries', 'by naming an entry twice', { ...proof, entries: [first, ...proof.entries] }],
    ['totals', 'by leaving an entry out', { ...proof, entries: [second, ...rest] }],
    ['totals', 'about a weight', { ...proof, entries: [{ ...first, weight: 9 }, second, ...rest] }],
    ['totals', 'about a reason', { ...proof, entries: [first, { ...second, reason: 'bot' }, ...rest] }],
    ['totals', 'about the counts, signed', signed(commit({ countsByReason: { eligible: 5 } }))],
    [
      'root',
      'about whose an entry is',
      { ...proof, entries: [{ ...first, participant: hashOf('x') }, second, ...rest] },
    ],
    ['root', 'about the root, signed', signed(commit({ root: hashOf('root') }))],
    ['signature', 'about the prizes', commit({ prizeUnits: proof.commitment.prizeUnits.toReversed() })],
    ['signature', 'about the key', { ...proof, signature: { ...proof.signature, publicKey: hashOf('key') } }],
    [
      'signature',
      'about the time',
      { ...proof, signature: { ...proof.signature, signedAt: '2030-01-31T12:00:00.001Z' } },
    ],
    ['randomness', 'about the secret', { ...proof, reveal: { kind: 'commit-reveal', secret: hashOf('other') } }],
    ['randomness', 'by using a secret for another draw, signed', signed(commit({ drawNumber: 2 }))],
    ['seed', 'about the seed', { ...proof, seed: hashOf('seed') }],
    ['seed', 'by changing the prizes after the draw, signed', signed(commit({ prizeUnits: [] }))],
    ['ranking', 'about the ranking', { ...proof, ranking: proof.ranking.toReversed() }],
    ['ranking', 'by shortening the ranking', { ...proof, ranking: proof.ranking.slice(1) }],
    [
      'awards',
      'about who won',
      { ...proof, awards: proof.awards.map((award) => ({ ...award, participant: hashOf('me') })) },
    ],
    ['awards', 'by keeping a prize', { ...proof, awards: proof.awards.slice(1) }],
  ];

  it.each(lies)('fails at %s: %s', (step, _, lie) => {
    expect(verify(lie)).toMatchObject({ ok: false, step, reason: expect.stringMatching(/.{10}/) });
  });

  it('is found out by its first wrong thing', () => {
    expect(verify({ ...proof, rules: '', seed: hashOf('seed') })).toMatchObject({ ok: false, step: 'rules' });
  });
});

describe('a document that is not a proof', () => {
  const { seed: _, ...seedless } = proof;
  const entry = proof.entries[0];
  it.each<[string, unknown]>([
    ['proof is not an object', null],
    ['proof is not an object', [proof]],
    ['proof.seed is missing', seedless],
    ['proof.extra is not known', { ...proof, extra: 1 }],
    ['proof.__proto__ is not known', JSON.parse('{"__proto__":1}')],
    ['proof.version is not "handsel-proof-v1"', { ...proof, version: 'handsel-proof-v2' }],
    ['proof.seed is not 64 lowercase hex digits', { ...proof, seed: proof.seed.toUpperCase() }],
    ['proof.rules has a lone surrogate', { ...proof, rules: '\ud800' }],
    ['proof.entries is not a list', { ...proof, entries: {} }],
    ['proof.entries[0].weight is not a number', { ...proof, entries: [{ ...entry, weight: '3' }] }],
    ['proof.entries[0].weight is not an integer', { ...proof, entries: [{ ...entry, weight: 1.5 }] }],
    ['proof.entries[0].weight is not an integer', { ...proof, entries: [{ ...entry, weight: -0 }] }],
    ['proof.entries[0].receivedAt is not an instant', { ...proof, entries: [{ ...entry, receivedAt: '2030-01-31' }] }],
    ['proof.entries[0].entryId is not an id', { ...proof, entries: [{ ...entry, entryId: 'é' }] }],
    [
      'named twice',
      { ...proof, commitment: { ...proof.commitment, prizeUnits: [0, 0].map(() => proof.commitment.prizeUnits[0]) } },
    ],
    ['drawNumber begins at 1', { ...proof, commitment: { ...proof.commitment, drawNumber: 0 } }],
  ])('is refused: %s', (reason, value) => {
    expect(verify(value)).toMatchObject({ ok: false, step: 'format', reason: expect.stringContaining(reason) });
  });

  it('is refused, whatever it is', () => {
    fc.assert(fc.property(fc.anything(), (value) => !verify(value).ok));
  });
});

const textOf = (lines: Iterable<string>): Uint8Array => Buffer.from(`${[...lines].join('\n')}\n`);

/** What the command does with a file; bytes that are no text at all are refused there. */
async function verifyBytes(bytes: Uint8Array, options = {}): Promise<{ ok: boolean; step?: string; reason?: string }> {
  const chunks = async function* () {
    for (let at = 0; at < bytes.length; at += 97) yield await Promise.resolve(bytes.subarray(at, at + 97));
  };
  try {
    return await verifyProofLines(textLines(chunks()), drawCrypto, options);
  } catch (error) {
    if (error instanceof TypeError) return { ok: false, step: 'text', reason: error.message };
    throw error;
  }
}

describe('any change to any byte of a proof', () => {
  const bytes = textOf(proofLines(proof));

  it('is found out, also where the document would say the same', async () => {
    expect(await verifyBytes(bytes)).toMatchObject({ ok: true });
    for (let at = 0; at < bytes.length; at += 1) {
      const changed = Uint8Array.from(bytes);
      changed[at]! ^= 1 << (at % 7);
      expect(await verifyBytes(changed), `byte ${at}`).toMatchObject({ ok: false });
    }
  });

  it('is found out for any bytes, and for any part that is missing, in a larger one', async () => {
    const large = textOf(proofLines(makeProof(makeEntries(Array.from({ length: 300 }, (_, index) => index % 5)), 50)));
    const place = fc.integer({ min: 0, max: large.length - 2 });
    await fc.assert(
      fc.asyncProperty(place, fc.integer({ min: 1, max: 255 }), async (at, mask) => {
        const changed = Uint8Array.from(large);
        changed[at]! ^= mask;
        expect(await verifyBytes(changed)).toMatchObject({ ok: false });
      }),
    );
    await fc.assert(
      fc.asyncProperty(place, async (at) => {
        expect(await verifyBytes(large.subarray(0, at))).toMatchObject({ ok: false });
      }),
      { numRuns: 50 },
    );
  });
});

describe('the lines of a proof', () => {
  const lines = [...proofLines(proof)];
  const [head, first, second] = lines as [string, string, string];
  const ranks = lines.indexOf('],"ranking":[');
  const awards = lines.indexOf('],"awards":[');
  const swapped = (at: number) => lines.toSpliced(at, 2, lines[at + 1]!, lines[at]!);

  it.each<[string, ProofStep, readonly string[]]>([
    ['two entries change places', 'entries', swapped(1)],
    ['two ranks change places', 'ranking', swapped(ranks + 1)],
    [
      'two awards change places, with their commas',
      'awards',
      [
        ...lines.slice(0, awards + 1),
        `${lines[awards + 2]},`,
        lines[awards + 1]!.slice(0, -1),
        ...lines.slice(awards + 3),
      ],
    ],
    ['an entry is left out', 'totals', lines.toSpliced(1, 1)],
    ['an entry comes twice', 'entries', lines.toSpliced(1, 0, first)],
    ['a rank is left out', 'ranking', lines.toSpliced(ranks + 1, 1)],
    ['the last comma of a list stays', 'format', lines.with(ranks - 1, `${lines[ranks - 1]},`)],
    ['a comma is missing', 'format', lines.with(1, first.slice(0, -1))],
    ['the properties of an entry come in another order', 'format', lines.with(2, reordered(second))],
    ['there is a space more', 'format', lines.with(0, head.replace('{"version":', '{ "version":'))],
    ['an escape is used that is not needed', 'format', lines.with(0, head.replace('"One', '"\\u004fne'))],
    ['a number has another spelling', 'format', lines.with(1, first.replace('"weight":3', '"weight":3e0'))],
    ['a list is missing', 'format', lines.toSpliced(ranks, awards - ranks)],
    ['something comes after the end', 'format', [...lines, '']],
    ['the end is missing', 'format', lines.slice(0, -1)],
    ['it is empty', 'format', []],
  ])('are refused where %s', async (_, step, changed) => {
    expect(changed).not.toEqual(lines);
    expect(await verifyBytes(Buffer.from(changed.map((line) => `${line}\n`).join('')))).toMatchObject({
      ok: false,
      step,
    });
  });

  it('are together one JSON document', () => {
    expect(JSON.parse(lines.join('\n'))).toEqual(proof);
  });
});

/** Another order of the properties, which means the same. */
function reordered(line: string): string {
  const { weight, ...rest } = JSON.parse(line.slice(0, -1)) as { weight: number };
  return `${JSON.stringify({ weight, ...rest })},`;
}
