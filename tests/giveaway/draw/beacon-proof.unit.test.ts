import { bls12_381 } from '@noble/curves/bls12-381.js';
import { describe, expect, it } from 'vitest';
import { type BeaconChain, BEACON_SCHEME, hashChain } from '../../../domain/draw/beacon.ts';
import { chooseRound } from '../../../domain/draw/beacon-round.ts';
import { fromHex, uint64 } from '../../../domain/draw/bytes.ts';
import { type Commitment, hashCommitment, hashRules } from '../../../domain/draw/commitment.ts';
import { type BeaconSource, commitRevealSource } from '../../../domain/draw/randomness.ts';
import type { Proof } from '../../../domain/proof/proof.ts';
import type { ProofStep, VerifyOptions } from '../../../domain/proof/proof-reader.ts';
import { verifyProof } from '../../../domain/proof/verify-proof.ts';
import { drawCrypto } from '../../../runtime/draw-crypto.ts';
import { commitTo, hashOf, INSTANT, makeEntries, proofOf, rulesFor, signCommitment } from './build-draw.ts';
import { readVector } from './read-vector.ts';

const TAG = 'BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_';
const { shortSignatures } = bls12_381;
const key = fromHex(`00${hashOf('key of a chain').slice(2)}`);
const chain: BeaconChain = {
  scheme: BEACON_SCHEME,
  publicKey: shortSignatures.getPublicKey(key).toHex(),
  periodSeconds: 3,
  genesisTime: 1_800_000_000,
  groupHash: hashOf('group'),
  beaconId: 'test',
};
const signRound = (round: number): string =>
  shortSignatures.sign(shortSignatures.hash(drawCrypto.sha256(uint64(round)), TAG), key).toHex();

function sourceAt(change: Partial<BeaconSource> = {}): BeaconSource {
  const rule = { closesAt: INSTANT, delaySeconds: 60, marginSeconds: 30, publishedAt: INSTANT, ...change };
  const { round } = chooseRound(chain, rule, rule.publishedAt);
  return { kind: 'drand', chainHash: hashChain(drawCrypto, chain), round, ...rule };
}

const entries = makeEntries([3, 0, 4, 1]);
const source = sourceAt();
const signature = signRound(source.round);
const proof = proofOf(entries, commitTo(entries, source), { kind: 'drand', chain, signature });
const verify = (value: unknown, options?: VerifyOptions) => verifyProof(value, drawCrypto, options);

describe('a proof that rests on a beacon', () => {
  it.each(['proof-drand', 'proof-drand-late', 'proof-witnessed'])(
    'by another program and quicknet is valid: %s',
    (name) => {
      expect(verify(readVector(name))).toMatchObject({ ok: true, randomness: 'drand', witnessed: 'operator-asserted' });
    },
  );

  it('needs no warning about a public chain, and has one about any other that is not trusted', () => {
    const caveats = (value: unknown, options?: VerifyOptions): string => {
      const result = verify(value, options);
      if (!result.ok) throw new Error(result.reason);
      return result.caveats.join(' ');
    };
    expect(caveats(readVector('proof-drand'))).not.toMatch(/not a public one|late/);
    expect(caveats(readVector('proof-drand-late'))).toMatch(/The commitment was late/);
    expect(caveats(proof)).toMatch(/not a public one/);
    expect(caveats(proof, { trustedChain: source.chainHash })).not.toMatch(/not a public one/);
  });

  it('is held against the chain and the commitment that somebody knows', () => {
    const publishedHash = hashCommitment(drawCrypto, proof.commitment);
    expect(verify(proof, { trustedChain: source.chainHash, publishedHash })).toMatchObject({ ok: true });
    expect(verify(proof, { trustedChain: hashOf('x') })).toMatchObject({ ok: false, step: 'chain' });
    expect(verify(proof, { publishedHash: hashOf('x') })).toMatchObject({ ok: false, step: 'published' });
    expect(verify(readVector('proof'), { trustedChain: source.chainHash })).toMatchObject({ ok: false, step: 'chain' });
  });
});

describe('a proof that lies about its round', () => {
  /** Signed by the operator, and in accord with rules that it wrote to match. */
  const signed = (change: Partial<Commitment>): Proof => {
    const commitment = { ...proof.commitment, ...change };
    const { randomness } = commitment;
    const rules = rulesFor(randomness);
    const own = { ...commitment, rulesHash: hashRules(drawCrypto, rules) };
    return { ...proof, rules, commitment: own, signature: signCommitment(own) };
  };
  const at = (change: Partial<BeaconSource>) => signed({ randomness: { ...source, ...change } });
  const otherChain = { ...chain, periodSeconds: 1 };
  const lies: [ProofStep, string, Proof][] = [
    ['randomness', 'by the round of a moment later', at({ round: source.round + 1 })],
    ['randomness', 'by another signature', { ...proof, reveal: { kind: 'drand', chain, signature: signRound(7) } }],
    ['randomness', 'by another chain', { ...proof, reveal: { kind: 'drand', chain: otherChain, signature } }],
    ['randomness', 'by a secret in its place', { ...proof, reveal: { kind: 'commit-reveal', secret: hashOf('s') } }],
    ['randomness', 'about when it was published', at({ publishedAt: '2030-01-31T11:59:59.999Z' })],
    ['randomness', 'by a publication before the freeze', signed({ frozenAt: '2030-01-31T12:00:00.001Z' })],
    ['randomness', 'by a deadline of its own', at({ closesAt: '2030-01-31T13:00:00.000Z' })],
    ['format', 'by a margin that is no margin', at({ marginSeconds: 60 })],
    ['format', 'by round 0', at({ round: 0 })],
    ['format', 'by half a signature', { ...proof, reveal: { kind: 'drand', chain, signature: signature.slice(48) } }],
    [
      'format',
      'by another scheme',
      { ...proof, reveal: { kind: 'drand', chain: { ...chain, scheme: 'x' as never }, signature } },
    ],
    ['format', 'by another kind of randomness', { ...proof, reveal: { kind: 'dice' as never, chain, signature } }],
  ];
  it.each(lies)('fails at %s: %s', (step, _, lie) => {
    expect(verify(lie)).toMatchObject({ ok: false, step });
  });

  const underTheseRules = (change: Partial<Commitment>): Proof => {
    const commitment = { ...proof.commitment, ...change };
    return { ...proof, commitment, signature: signCommitment(commitment) };
  };
  it.each<[string, Proof]>([
    ['a secret in place of the beacon', underTheseRules({ randomness: commitRevealSource(hashOf('s')) })],
    ['another deadline', underTheseRules({ randomness: { ...source, closesAt: '2030-01-31T13:00:00.000Z' } })],
    ['another delay', underTheseRules({ randomness: { ...source, delaySeconds: 61 } })],
    ['another margin', underTheseRules({ randomness: { ...source, marginSeconds: 29 } })],
    ['another chain', underTheseRules({ randomness: { ...source, chainHash: hashOf('chain') } })],
    ['a witness that the rules do not name', { ...proof, witness: { kind: 'rfc3161', token: '30' } }],
  ])('against the rules of the giveaway: %s', (_, lie) => {
    expect(verify(lie)).toMatchObject({ ok: false, step: 'rules' });
  });

  it('against rules that say two things', () => {
    const rules = `${proof.rules}\nRandomness: whatever we like.`;
    const commitment = { ...proof.commitment, rulesHash: hashRules(drawCrypto, rules) };
    const lie = { ...proof, rules, commitment, signature: signCommitment(commitment) };
    expect(verify(lie)).toMatchObject({ ok: false, step: 'rules' });
  });
});

describe('a witnessed proof', () => {
  const witnessed = readVector<Proof>('proof-witnessed');
  const authorities = [fromHex(readVector<{ certificate: string }>('authority').certificate)];
  const token = witnessed.witness.kind === 'rfc3161' ? witnessed.witness.token : '';
  const check = (change: Partial<Proof>) => verify({ ...witnessed, ...change }, { authorities });

  it('is witnessed for whoever trusts the authority, and for nobody else', () => {
    expect(check({})).toMatchObject({ ok: true, witnessed: 'witnessed' });
    expect(verify(witnessed)).toMatchObject({
      ok: true,
      witnessed: 'operator-asserted',
      caveats: expect.arrayContaining([expect.stringContaining('Vector authority, whose certificate was not given')]),
    });
  });

  it('says when, and that there may be others', () => {
    expect(check({})).toMatchObject({
      statements: expect.arrayContaining([
        { step: 'witness', text: expect.stringContaining('2023-08-23T15:58:25.000Z by Vector authority') },
      ]),
      caveats: expect.arrayContaining([expect.stringContaining('not that it was the only one')]),
    });
  });

  it('is refused without the witness that its rules name', () => {
    expect(check({ witness: { kind: 'operator-asserted' } })).toMatchObject({ ok: false, step: 'rules' });
  });

  it('is refused with a token that is tampered with, or of another commitment', () => {
    const changed = (at: number) => `${token.slice(0, at)}${token[at] === '0' ? '1' : '0'}${token.slice(at + 1)}`;
    for (const at of [9, 200, token.length - 3])
      expect(check({ witness: { kind: 'rfc3161', token: changed(at) } })).toMatchObject({ ok: false, step: 'witness' });
    const other = readVector<{ token: string }[]>('timestamps')[0]!;
    expect(check({ witness: { kind: 'rfc3161', token: other.token } })).toMatchObject({
      ok: false,
      step: 'witness',
      reason: 'The time-stamp is about something else',
    });
  });

  it('is refused when the witness saw it later than the margin before the round, though it is signed and stamped', () => {
    expect(verify(readVector('proof-witnessed-late'), { authorities })).toMatchObject({
      ok: false,
      step: 'witness',
      reason: expect.stringContaining('too late for round 1000'),
    });
  });
});
