import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { proofLines } from '../../../domain/proof/proof-text.ts';
import type { Proof } from '../../../domain/proof/proof.ts';
import { signCommitment } from './build-draw.ts';
import { readVector } from './read-vector.ts';

const command = fileURLToPath(new URL('../../../scripts/verify/main.ts', import.meta.url));
const vector = (name: string) => fileURLToPath(new URL(`vectors/${name}.json`, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'handsel-verify-'));
afterAll(() => rmSync(folder, { recursive: true }));

function write(name: string, content: string | Uint8Array): string {
  const file = join(folder, name);
  writeFileSync(file, content);
  return file;
}

function verify(...argv: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [command, ...argv], { encoding: 'utf8' });
  return { status, stdout, stderr };
}

const proof = readVector<Proof>('proof');
const text = readFileSync(vector('proof'), 'utf8');

/** By another key: nobody else’s rules, entries and draw, but a commitment that says something else. */
function resigned(change: Partial<Proof['commitment']>): string[] {
  const commitment = { ...proof.commitment, ...change };
  return [...proofLines({ ...proof, commitment, signature: signCommitment(commitment) })];
}

describe('handsel verify', () => {
  it('exits 0 for a valid proof and says what it does not show', () => {
    const { status, stdout } = verify(vector('proof'));
    expect(status).toBe(0);
    expect(stdout).toContain(proof.ranking[0]);
    expect(stdout).toMatch(/did not steer the draw[^]*VALID \(commit-reveal, operator-asserted\)\n$/);
  });

  it('exits 1 for a wrong proof and names the first wrong thing', () => {
    const { status, stdout } = verify(
      write('wrong.json', text.replace(proof.seed, proof.seed.toUpperCase()).replace('Vector rules', '')),
    );
    expect(status).toBe(1);
    expect(stdout).toMatch(/^WRONG format {6}proof.seed is not 64[^]*NOT VALID\n$/);
  });

  const lines = text.trimEnd().split('\n');
  const [winner, other] = proof.ranking;
  it.each<[string, readonly string[], RegExp, string[]]>([
    [
      'forged',
      lines.map((line) => (line.startsWith('{"unitId"') ? line.replace(winner ?? '', other ?? '') : line)),
      /^WRONG awards +Prize unit/m,
      [],
    ],
    ['truncated', lines.slice(0, 20), /^WRONG format +The proof ends after line 20/m, []],
    ['reordered', lines.toSpliced(1, 2, lines[2] ?? '', lines[1] ?? ''), /^WRONG entries +/m, []],
    ['signed again, of other prizes', resigned({ prizeUnits: [] }), /^WRONG seed +/m, []],
    ['signed again, of other counts', resigned({ totalWeight: 1 }), /^WRONG totals +/m, []],
    [
      'signed again, by somebody else',
      resigned({}),
      /^WRONG key +The proof is signed by/m,
      ['--key', proof.signature.publicKey],
    ],
  ])('exits 1 for a proof that is %s, and says why', (_what, changed, why, trust) => {
    const { status, stdout } = verify(write('changed.json', `${changed.join('\n')}\n`), ...trust);
    expect(stdout).toMatch(why);
    expect(stdout).toMatch(/NOT VALID\n$/);
    expect(status).toBe(1);
  });

  it('exits 0 for a receipt that was kept, and 1 for one that was not', () => {
    const check = (name: string) => verify(vector('proof'), '--receipt', vector(`receipt-${name}`)).status;
    expect(['included', 'altered', 'omitted'].map(check)).toEqual([0, 1, 1]);
  });

  it('checks the key and the owner of a receipt', () => {
    const { publicKey } = proof.signature;
    const receipt = ['--receipt', vector('receipt-included')];
    expect(verify(vector('proof'), '--key', publicKey, ...receipt, '--participant', 'person-8').status).toBe(0);
    expect(verify(vector('proof'), '--key', proof.seed).status).toBe(1);
    expect(verify(vector('proof'), ...receipt, '--participant', 'person-9').status).toBe(1);
  });

  it('believes the time-stamps of an authority whose certificate is given', () => {
    const der = Buffer.from(readVector<{ certificate: string }>('authority').certificate, 'hex').toString('base64');
    const pem = write('authority.pem', `-----BEGIN CERTIFICATE-----\n${der}\n-----END CERTIFICATE-----\n`);
    const chain = readVector<{ chainHash: string }>('drand-quicknet').chainHash;
    const { status, stdout } = verify(vector('proof-witnessed'), '--tsa-cert', pem, '--chain', chain);
    expect(status).toBe(0);
    expect(stdout).toMatch(/quicknet of the League of Entropy[^]*VALID \(drand, witnessed\)\n$/);
    expect(verify(vector('proof-witnessed')).stdout).toMatch(/VALID \(drand, operator-asserted\)\n$/);
    expect(verify(vector('proof-witnessed'), '--commitment', chain)).toMatchObject({
      status: 1,
      stdout: expect.stringContaining('WRONG published'),
    });
    expect(verify(vector('proof-witnessed'), '--tsa-cert', vector('proof')).status).toBe(2);
  });

  it('prints JSON for machines', () => {
    const { status, stdout } = verify(vector('proof'), '--json', '--receipt', vector('receipt-omitted'));
    expect(status).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      ok: false,
      draw: { root: proof.commitment.root, seed: proof.seed, awards: proof.awards },
      receipt: { kind: 'omitted' },
    });
  });

  it('exits 2 when nothing could be checked, and says why', () => {
    expect(verify()).toMatchObject({ status: 2, stderr: expect.stringContaining('Name one proof file') });
    expect(verify('--wrong')).toMatchObject({ status: 2, stderr: expect.stringContaining('--wrong') });
    expect(verify(vector('proof'), '--key', 'abc').status).toBe(2);
    expect(verify(vector('proof'), '--participant', 'ada').status).toBe(2);
    expect(verify(join(folder, 'none.json'))).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('none.json'),
    });
    expect(verify(write('latin1.json', Uint8Array.of(0x22, 0xe9, 0x22))).status).toBe(2);
  });

  it('exits 1 for what is not a proof as it was downloaded, and says so', () => {
    for (const [name, content] of Object.entries({
      empty: '',
      cut: text.slice(0, -3),
      spaced: JSON.stringify(proof, null, 1),
      folded: JSON.stringify(proof),
    })) {
      expect(verify(write(`${name}.json`, content)), name).toMatchObject({
        status: 1,
        stdout: expect.stringMatching(/WRONG format[^]*NOT VALID/),
      });
    }
  });

  it('prints how it is used', () => {
    expect(verify('--help')).toMatchObject({ status: 0, stdout: expect.stringContaining('Usage: npx handsel verify') });
  });
});
