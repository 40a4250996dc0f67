import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from '../../scripts/stack/run.ts';
import { testSetting } from '../support/database.ts';
import { judge, type Figure } from './measure.ts';
import { percentile } from './harness/statistics.ts';

/** Runs the command as the bootstrap does, with a pipe whose closing means stop. */
function bench(...args: readonly string[]): Promise<{ readonly code: number | null; readonly output: string }> {
  const command = path.join(root, 'scripts/commands/bench.ts');
  const child = spawn(process.execPath, [command, ...args], { cwd: root, stdio: ['ignore', 'pipe', 'pipe', 'pipe'] });
  let output = '';
  const keep = (data: Buffer): void => void (output += data.toString());
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, output }));
  });
}

describe('npm run bench', () => {
  it('names its measures, and refuses others with the list', async () => {
    const listed = await bench('--list');
    expect(listed.code).toBe(0);
    for (const name of ['ledger', 'redeem', 'entries', 'draw']) expect(listed.output).toContain(`  ${name} `);
    const refused = await bench('nothing-such');
    expect(refused.code).toBe(2);
    expect(refused.output).toContain(listed.output);
  });

  it.each([['--rounds', '0'], ['--rounds', 'many'], ['--unknown']])('refuses %s %s', async (...args) => {
    expect((await bench(...args)).code).toBe(2);
  });

  it('measures on servers of its own, and its exit code says what its figures say', async () => {
    const file = path.join(testSetting('RUN_DIR'), 'bench.json');
    const { code, output } = await bench('draw', '--quick', '--json', file);
    expect(output).toContain('PostgreSQL');
    const figures = JSON.parse(fs.readFileSync(file, 'utf8')) as Figure[];
    expect(figures.map(({ name }) => name)).toEqual([
      'draw.2000',
      'draw.200',
      'draw.commit',
      'draw.growth',
      'draw.verify',
      'draw.held',
      'draw.held.work',
    ]);
    for (const figure of figures) {
      expect(Object.keys(figure)).toEqual(['name', 'figure', 'unit', 'peer', 'ratio', 'goal', 'ok']);
      expect(figure.figure).toBeGreaterThan(0);
      if (figure.peer === null) continue;
      expect((figure.ratio ?? 0) / (figure.figure / (figure.peer ?? Number.NaN))).toBeCloseTo(1, 2);
    }
    expect(code).toBe(figures.every(({ ok }) => ok) ? 0 : 1);
  });
});

describe('a figure', () => {
  const observed = { name: 'x', unit: 'ms', figure: 12, peer: 10 };

  it.each([
    [{ of: 'ratio', atMost: 1.2 }, 'ratio <= 1.2', true],
    [{ of: 'ratio', atMost: 1.19 }, 'ratio <= 1.19', false],
    [{ of: 'ratio', atLeast: 1.2 }, 'ratio >= 1.2', true],
    [{ of: 'figure', atMost: 11 }, 'figure <= 11', false],
    [{ of: 'figure', atLeast: 0, atMost: 0 }, 'figure = 0', false],
  ] as const)('is held against %j', (goal, text, ok) => {
    expect(judge({ ...observed, goal })).toMatchObject({ ratio: 1.2, goal: text, ok });
  });

  it('without a peer misses a goal of the ratio, and what is no number misses every goal', () => {
    const goal = { of: 'ratio', atMost: 5 } as const;
    expect(judge({ name: 'x', unit: 'ms', figure: 1, goal }).ok).toBe(false);
    expect(judge({ ...observed, figure: Number.NaN, goal }).ok).toBe(false);
  });

  it('takes percentiles by nearest rank', () => {
    const values = Array.from({ length: 100 }, (_, index) => 100 - index);
    expect([0, 0.5, 0.99, 1].map((share) => percentile(values, share))).toEqual([1, 50, 99, 100]);
  });
});
