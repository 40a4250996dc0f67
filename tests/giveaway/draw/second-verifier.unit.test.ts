import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { proofLines } from '../../../domain/proof/proof-text.ts';
import { verifyProofLines } from '../../../domain/proof/verify-proof.ts';
import { drawCrypto } from '../../../runtime/draw-crypto.ts';
import { hashOf, makeEntries, makeProof } from './build-draw.ts';

const VECTORS = path.join(import.meta.dirname, 'vectors');
const PYTHON = 'python3';
const hasPython = spawnSync(PYTHON, ['--version']).status === 0;

// A proof is only as good as what a stranger can make of the page that specifies it.
describe.skipIf(!hasPython)('a verifier written in another language, from the specification alone', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'handsel-second-verifier-'));
  afterAll(() => fs.rmSync(folder, { recursive: true }));

  /** `valid`, or the step that fails, of each. */
  const stepsOf = (files: readonly string[]): string[] => {
    const { stdout, stderr } = spawnSync(PYTHON, [path.join(VECTORS, 'verify.py'), ...files], { encoding: 'utf8' });
    expect(stderr).toBe('');
    return stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split(':')[0] ?? '');
  };
  const keep = (name: string, text: string): string => {
    const file = path.join(folder, `${name}.json`);
    fs.writeFileSync(file, text);
    return file;
  };
  const ourStep = async (text: string): Promise<string> => {
    const lines = async function* () {
      yield await Promise.resolve(text.split('\n'));
    };
    const result = await verifyProofLines(lines(), drawCrypto);
    return result.ok ? 'valid' : result.step;
  };

  it('finds valid what the product draws, of any size and with any weights', () => {
    const sizes = [0, 1, 2, 3, 7, 8, 33, 250];
    const files = sizes.map((size) => {
      const weights = Array.from({ length: size }, (_, index) => (index * 7) % 5);
      return keep(`drawn-${size}`, [...proofLines(makeProof(makeEntries(weights), 5))].join('\n'));
    });
    expect(stepsOf(files)).toEqual(files.map(() => 'valid'));
  });

  it('finds the same wrong as ours, at the same step, wherever one character is changed', async () => {
    const entries = makeEntries([3, 0, 4, 1, 1]).map((entry, index) => ({ ...entry, participant: hashOf(index % 3) }));
    const text = [...proofLines(makeProof(entries))].join('\n');
    const changed = Array.from({ length: 400 }, (_, number) => {
      const at = (number * 7_919) % text.length;
      const character = String.fromCodePoint(33 + (((text.codePointAt(at) ?? 0) + 1 + number) % 90));
      return `${text.slice(0, at)}${character === text[at] ? '~' : character}${text.slice(at + 1)}`;
    });
    const ours = await Promise.all(changed.map(ourStep));
    expect(stepsOf(changed.map((one, number) => keep(`changed-${number}`, one)))).toEqual(ours);
    expect(ours).not.toContain('valid');
    expect(new Set(ours).size).toBeGreaterThan(5);
  });
});
