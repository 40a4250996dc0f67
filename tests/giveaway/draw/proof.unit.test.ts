import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../../domain/draw/canonical-json.ts';
import type { Commitment } from '../../../domain/draw/commitment.ts';
import { buildProof } from '../../../domain/proof/build-proof.ts';
import type { Proof } from '../../../domain/proof/proof.ts';
import { type ProofStep, verifyProof } from '../../../domain/proof/verify-proof.ts';
import { drawCrypto } from '../../../runtime/draw-crypto.ts';
import { hashOf, makeEntries, makeProof, publicKey, signCommitment } from './build-draw.ts';
import { readVector } from './read-vector.ts';

const proof = makeProof(makeEntries([3, 0, 4, 1, 1]));
const verify = (value: unknown) => verifyProof(value, drawCrypto);

describe('a proof', () => {
  it.each(['proof', 'proof-empty'])('made by the other program is valid: %s', (name) => {
    expect(verify(readVector(name))).toMatchObject({
      ok: true,
      witnessed: 'operator-asserted',
      randomness: 'commit-reveal',
    });
  });

  it.each(['proof', 'proof-empty'])('is built from the same draw as the other program builds it: %s', (name) => {
    const known = readVector<Proof>(name);
    const { rules, commitment, signature, entries, reveal } = known;
    const built = buildProof(drawCrypto, { rules, commitment, signature, entries, secret: reveal.secret });
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

describe('any change to any byte of a proof', () => {
  const bytes = new TextEncoder().encode(JSON.stringify(proof));

  /** Whether the changed text is not JSON any more, says exactly the same, or is found to be wrong. */
  function isDetected(changed: Uint8Array): boolean {
    try {
      const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(changed));
      return !verify(value).ok;
    } catch (error) {
      if (error instanceof SyntaxError || error instanceof TypeError) return true;
      throw error;
    }
  }

  it('is found out', () => {
    expect(isDetected(bytes)).toBe(false);
    for (let at = 0; at < bytes.length; at += 1) {
      const changed = bytes.slice();
      changed[at]! ^= 1 << (at % 7);
      expect(isDetected(changed), `byte ${at}`).toBe(true);
    }
  });
});
