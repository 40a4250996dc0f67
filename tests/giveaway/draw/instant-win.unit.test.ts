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
import { AttemptsRoot, instantWinSigningBytes, type InstantWinProof } from '../../../domain/proof/instant-win-proof.ts';
import { instantWinLines } from '../../../domain/proof/instant-win-text.ts';
import { verifyInstantWin, verifyInstantWinLines } from '../../../domain/proof/verify-instant-win.ts';
import { drawCrypto } from '../../../runtime/draw-crypto.ts';
import { textLines } from '../../../runtime/text-lines.ts';
import { hashOf, KEY_ID, publicKey, signHex } from './build-draw.ts';
import { readVector } from './read-vector.ts';

interface Vector {
  readonly proof: InstantWinProof;
  readonly receipt: AttemptReceipt;
}

const KINDS = ['first-come', 'odds', 'time-slots'] as const;
const vectorOf = (kind: (typeof KINDS)[number]) => readVector<Vector>(`instant-win-${kind}`);
const verify = (value: unknown, options = {}) => verifyInstantWin(value, drawCrypto, options);
const authorities = [Buffer.from(readVector<{ certificate: string }>('authority').certificate, 'hex')];
const rootOf = (attempts: InstantWinProof['attempts']): string => {
  const root = new AttemptsRoot(drawCrypto);
  for (const attempt of attempts) root.add(attempt);
  return root.hex();
};

describe('the proof of an instant win', () => {
  it.each(KINDS)('by %s, made by the other program, is valid', (kind) => {
    const { proof, receipt } = vectorOf(kind);
    const trustedKey = proof.signature.publicKey;
    expect(verify(proof, { trustedKey, receipt })).toMatchObject({ ok: true });
    expect(proof.attempts.filter(({ unitId }) => unitId !== undefined).length).toBeGreaterThan(0);
  });

  it('says what it does not show', () => {
    expect(verify(vectorOf('odds').proof).caveats.join(' ')).toMatch(/told nobody.*Only the operator.*compare it/s);
    expect(verify(vectorOf('odds').proof, { trustedKey: hashOf('other') }).wrong?.step).toBe('key');
  });
});

describe('the witness of an instant win', () => {
  const { proof } = vectorOf('time-slots');
  const [witnessed, alone] = ['witnessed', 'operator-asserted'];

  it('says that the secret was fixed before entry began, to whoever trusts its certificate', () => {
    expect(verify(proof, { authorities })).toMatchObject({ ok: true, witnessed });
    expect(verify(proof, { authorities }).caveats.join(' ')).not.toContain('Only the operator');
    const unknown = verify(proof);
    expect(unknown).toMatchObject({ ok: true, witnessed: alone });
    expect(unknown.caveats.join(' ')).toContain('by Vector authority, whose certificate was not given as trusted');
    expect(verify(vectorOf('odds').proof, { authorities })).toMatchObject({ ok: true, witnessed: alone });
  });

  it('is the one of the rules, of this secret, and from before the opening', () => {
    const operator = { kind: 'operator-asserted' } as const;
    expect(verify({ ...proof, witness: operator }).wrong?.step).toBe('rules');
    const other = vectorOf('odds').proof;
    expect(verify({ ...other, witness: proof.witness }).wrong?.step).toBe('rules');
    const opened = (openedAt: string) => signedAgain({ ...proof, commitment: { ...proof.commitment, openedAt } });
    expect(verify(opened('2030-01-31T10:59:58.999Z')).wrong).toMatchObject({
      step: 'witness',
      text: expect.stringContaining('after the opening'),
    });
    const late = proof.attempts[0]?.receivedAt ?? '';
    expect(verify(opened(late.replace('00.000Z', '00.001Z'))).wrong?.step).toBe('attempts');
  });
});

/** An operator can sign anything; what it cannot do is make the outcomes follow. */
function signedAgain(lie: InstantWinProof): InstantWinProof {
  const commitment = { ...lie.commitment, attemptCount: lie.attempts.length, root: rootOf(lie.attempts) };
  const terms = { keyId: KEY_ID, signedAt: lie.signature.signedAt };
  const signature = signHex(instantWinSigningBytes(drawCrypto, commitment, terms));
  return { ...lie, commitment, signature: { alg: 'Ed25519', ...terms, publicKey, signature } };
}

describe('any change to any byte of the proof of an instant win', () => {
  const [head, ...attempts] = [...instantWinLines(vectorOf('odds').proof)];
  // A few attempts, so that every byte has its turn.
  const { proof } = vectorOf('odds');
  const short = signedAgain({ ...proof, attempts: proof.attempts.slice(0, 4) });
  const lines = [...instantWinLines(short)];
  const bytes = Buffer.from(`${lines.join('\n')}\n`);

  /** What the command does with a file; bytes that are no text at all are refused there. */
  async function verifyBytes(changed: Uint8Array): Promise<{ ok: boolean; step?: string | undefined }> {
    const chunks = async function* () {
      for (let at = 0; at < changed.length; at += 97) yield await Promise.resolve(changed.subarray(at, at + 97));
    };
    try {
      const { ok, wrong } = await verifyInstantWinLines(textLines(chunks()), drawCrypto);
      return { ok, step: wrong?.step };
    } catch (error) {
      if (error instanceof TypeError) return { ok: false, step: 'text' };
      throw error;
    }
  }

  it('is found out, also where the document would say the same', async () => {
    expect(await verifyBytes(bytes)).toMatchObject({ ok: true });
    for (let at = 0; at < bytes.length; at += 1) {
      const changed = Uint8Array.from(bytes);
      changed[at]! ^= 1 << (at % 7);
      expect(await verifyBytes(changed), `byte ${at}`).toMatchObject({ ok: false });
    }
  });

  it('and so is any part that is missing', async () => {
    for (let length = 0; length < bytes.length - 1; length += 13)
      expect(await verifyBytes(bytes.subarray(0, length)), `${length} bytes`).toMatchObject({ ok: false });
  });

  it.each<[string, string, readonly string[]]>([
    ['two attempts change places', 'attempts', lines.toSpliced(1, 2, lines[2]!, lines[1]!)],
    ['an attempt is left out', 'attempts', lines.toSpliced(2, 1)],
    ['an attempt comes twice', 'attempts', lines.toSpliced(1, 0, lines[1]!)],
    ['the last attempt is left out', 'format', lines.toSpliced(4, 1)],
    ['a comma is missing', 'format', lines.with(1, lines[1]!.slice(0, -1))],
    ['there is a space more', 'format', lines.with(0, lines[0]!.replace('{"version":', '{ "version":'))],
    ['a number has another spelling', 'format', lines.with(1, lines[1]!.replace('"number":1', '"number":1e0'))],
    ['something comes after the end', 'format', [...lines, '']],
    ['the end is missing', 'format', lines.slice(0, -1)],
    ['it is empty', 'format', []],
  ])('is refused where %s', async (_, step, changed) => {
    expect(await verifyBytes(Buffer.from(changed.map((line) => `${line}\n`).join('')))).toEqual({ ok: false, step });
  });

  it('is one JSON document', () => {
    expect(JSON.parse([head, ...attempts].join('\n'))).toEqual(proof);
  });
});

describe('a proof of an instant win that lies', () => {
  const { proof, receipt } = vectorOf('odds');
  const signed = signedAgain;
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
    ['an unsigned change', 'root', { ...proof, attempts: change(0, { participant: hashOf('x') }) }],
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
  const write = (name: string, value: object): string => {
    const isProof = 'attempts' in value;
    writeFileSync(join(folder, name), isProof ? [...instantWinLines(value)].join('\n') : JSON.stringify(value));
    return join(folder, name);
  };
  const run = (...argv: string[]) => spawnSync(process.execPath, [command, ...argv], { encoding: 'utf8' });

  it('decides an instant win again, and looks for a receipt', () => {
    const { proof, receipt } = vectorOf('time-slots');
    const valid = run(write('proof.json', proof), '--receipt', write('receipt.json', receipt));
    expect(valid.stdout).toMatch(/same 3 of 3 prize units[^]*Attempt 1 is there[^]*VALID \(instant win/);
    expect(valid.status).toBe(0);
    const der = authorities[0]?.toString('base64');
    writeFileSync(join(folder, 'a.pem'), `-----BEGIN CERTIFICATE-----\n${der}\n-----END CERTIFICATE-----\n`);
    expect(run(join(folder, 'proof.json'), '--tsa-cert', join(folder, 'a.pem')).stdout).toContain(
      'VALID (instant win, witnessed)',
    );
    expect(run(join(folder, 'proof.json'), '--commitment', hashOf('x'))).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('--commitment is about draws'),
    });
    const wrong = run(write('wrong.json', { ...proof, secret: hashOf('x') }), '--json');
    expect(wrong.status).toBe(1);
    expect(JSON.parse(wrong.stdout)).toMatchObject({ ok: false, wrong: { step: 'secret' } });
  });
});
