import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { instantMs } from '../../../domain/draw/instant-ms.ts';
import { isHit, slotTimesMs } from '../../../domain/draw/instant-win.ts';
import type { AttemptReceipt } from '../../../domain/proof/attempt-receipt.ts';
import { attemptsRoot, instantWinSigningBytes, type InstantWinProof } from '../../../domain/proof/instant-win-proof.ts';
import { verifyInstantWin } from '../../../domain/proof/verify-instant-win.ts';
import { drawCrypto } from '../../../runtime/draw-crypto.ts';
import { hashOf, KEY_ID, publicKey, signHex } from './build-draw.ts';
import { readVector } from './read-vector.ts';

interface Vector {
  readonly proof: InstantWinProof;
  readonly receipt: AttemptReceipt;
}

const KINDS = ['first-come', 'odds', 'time-slots'] as const;
const vectorOf = (kind: (typeof KINDS)[number]) => readVector<Vector>(`instant-win-${kind}`);
const verify = (value: unknown, options = {}) => verifyInstantWin(value, drawCrypto, options);

describe('the proof of an instant win', () => {
  it.each(KINDS)('by %s, made by the other program, is valid', (kind) => {
    const { proof, receipt } = vectorOf(kind);
    const trustedKey = proof.signature.publicKey;
    expect(verify(proof, { trustedKey, receipt })).toMatchObject({ ok: true });
    expect(proof.attempts.filter(({ unitId }) => unitId !== undefined).length).toBeGreaterThan(0);
  });

  it('says what it does not show', () => {
    expect(verify(vectorOf('odds').proof).caveats.join(' ')).toMatch(/told nobody.*compare it/s);
    expect(verify(vectorOf('odds').proof, { trustedKey: hashOf('other') }).wrong?.step).toBe('key');
  });
});

describe('a proof of an instant win that lies', () => {
  const { proof, receipt } = vectorOf('odds');
  /** An operator can sign anything; what it cannot do is make the outcomes follow. */
  const signed = (lie: InstantWinProof): InstantWinProof => {
    const commitment = {
      ...lie.commitment,
      attemptCount: lie.attempts.length,
      root: attemptsRoot(drawCrypto, lie.attempts),
    };
    const terms = { keyId: KEY_ID, signedAt: lie.signature.signedAt };
    const signature = signHex(instantWinSigningBytes(drawCrypto, commitment, terms));
    return { ...lie, commitment, signature: { alg: 'Ed25519', ...terms, publicKey, signature } };
  };
  const change = (index: number, changed: object) =>
    proof.attempts.map((attempt, at) => (at === index ? { ...attempt, ...changed } : attempt));
  const winner = proof.attempts.findIndex(({ unitId }) => unitId !== undefined);
  const loser = proof.attempts.findIndex(({ unitId }) => unitId === undefined);
  const without = ({ unitId: _won, ...attempt }: InstantWinProof['attempts'][number]) => attempt;

  it.each<[string, string, InstantWinProof]>([
    ['a prize for somebody else', 'outcomes', signed({ ...proof, attempts: change(loser, { unitId: 'unit-0' }) })],
    [
      'no prize for the winner',
      'outcomes',
      signed({ ...proof, attempts: proof.attempts.map((one, at) => (at === winner ? without(one) : one)) }),
    ],
    ['another nonce', 'outcomes', signed({ ...proof, attempts: change(winner, { clientNonce: hashOf('mine') }) })],
    ['better odds', 'outcomes', signed({ ...proof, commitment: { ...proof.commitment, oddsPerMillion: 1 } })],
    ['another secret', 'secret', { ...proof, secret: hashOf('another') }],
    ['an attempt left out', 'attempts', signed({ ...proof, attempts: proof.attempts.toSpliced(3, 1) })],
    ['an entry used twice', 'attempts', signed({ ...proof, attempts: change(5, { entryId: 'entry-0000' }) })],
    [
      'a time before the one before',
      'attempts',
      signed({ ...proof, attempts: change(5, { receivedAt: proof.commitment.openedAt }) }),
    ],
    ['other rules', 'rules', { ...proof, rules: 'Mine.' }],
    ['an unsigned change', 'root', { ...proof, attempts: change(0, { clientNonce: hashOf('x') }) }],
    ['another signature', 'signature', { ...proof, signature: { ...proof.signature, signature: '0'.repeat(128) } }],
    ['more than is written here', 'format', { ...proof, more: 1 } as InstantWinProof],
  ])('is found out: %s', (_what, step, lie) => {
    expect(verify(lie)).toMatchObject({ ok: false, wrong: { step } });
  });

  it('is found out by a receipt that it does not keep', () => {
    const lie = signed({ ...proof, attempts: change(0, { clientNonce: hashOf('x') }) });
    const trusted = { ...receipt, keyId: KEY_ID };
    expect(verify(proof, { receipt: { ...receipt, number: 2 } }).wrong).toMatchObject({ step: 'receipt' });
    expect(verify(lie, { receipt: trusted }).ok).toBe(false);
    expect(verify(proof, { receipt: { ...receipt, signature: '0'.repeat(128) } }).wrong?.text).toMatch(/signature/);
  });
});

describe('chance', () => {
  it('is as the odds say', () => {
    const secret = hashOf('secret');
    const attempts = Array.from({ length: 5_000 }, (_, n) => ({ entryId: `e${n}`, clientNonce: hashOf(n) }));
    const wins = (oddsPerMillion: number) =>
      attempts.filter((attempt) => isHit(drawCrypto, secret, { ...attempt, oddsPerMillion })).length;
    expect(wins(1_000_000)).toBe(5_000);
    expect(wins(0)).toBe(0);
    // Four standard deviations on either side.
    expect(Math.abs(wins(50_000) - 250)).toBeLessThan(62);
  });

  it('puts the moments of slots anywhere in the window', () => {
    const times = slotTimesMs(drawCrypto, hashOf('s'), 2_000, { fromMs: 1_000, untilMs: 2_000 });
    expect(Math.min(...times)).toBeGreaterThanOrEqual(1_000);
    expect(Math.max(...times)).toBeLessThan(2_000);
    const early = times.filter((ms) => ms < 1_500).length;
    expect(Math.abs(early - 1_000)).toBeLessThan(90);
  });

  it('counts milliseconds as every clock does', () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date(0), max: new Date('9999-12-31T23:59:59.999Z'), noInvalidDate: true }),
        (date) => {
          expect(instantMs(date.toISOString())).toBe(date.getTime());
        },
      ),
    );
  });
});

describe('handsel verify', () => {
  const folder = mkdtempSync(join(tmpdir(), 'handsel-instant-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const command = fileURLToPath(new URL('../../../scripts/verify/main.ts', import.meta.url));
  const write = (name: string, value: unknown): string => {
    writeFileSync(join(folder, name), JSON.stringify(value));
    return join(folder, name);
  };
  const run = (...argv: string[]) => spawnSync(process.execPath, [command, ...argv], { encoding: 'utf8' });

  it('decides an instant win again, and looks for a receipt', () => {
    const { proof, receipt } = vectorOf('time-slots');
    const valid = run(write('proof.json', proof), '--receipt', write('receipt.json', receipt));
    expect(valid.stdout).toMatch(/same 3 of 3 prize units[^]*Attempt 1 is there[^]*VALID \(instant win/);
    expect(valid.status).toBe(0);
    const wrong = run(write('wrong.json', { ...proof, secret: hashOf('x') }), '--json');
    expect(wrong.status).toBe(1);
    expect(JSON.parse(wrong.stdout)).toMatchObject({ ok: false, wrong: { step: 'secret' } });
  });
});
