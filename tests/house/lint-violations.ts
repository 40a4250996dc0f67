/** What a rule must object to. `in` is the file that holds it, where that matters. */
export interface LintViolation {
  readonly rule: string;
  readonly in?: string;
  readonly source: string;
}

const repeat = (line: string, times: number): string => `${line}\n`.repeat(times);
const inDomain = (rule: string, expression: string): LintViolation => ({
  rule,
  in: 'domain',
  source: `export const x = ${expression};`,
});

export const LINT_VIOLATIONS: readonly LintViolation[] = [
  { rule: 'typescript(no-floating-promises)', source: 'async function pay() { await null; }\npay();' },
  {
    rule: 'typescript(no-misused-promises)',
    source: 'export const x = [1].filter(async (n) => { await null; return n > 0; });',
  },
  { rule: 'typescript(await-thenable)', source: 'export const x = async (n: number) => { await n; };' },
  {
    rule: 'typescript(switch-exhaustiveness-check)',
    source: `export function x(state: 'open' | 'closed'): void { switch (state) { case 'open': break; } }`,
  },
  { rule: 'typescript(no-explicit-any)', source: 'export const x = (y: any): unknown => y;' },
  { rule: 'typescript(no-non-null-assertion)', source: 'export const x = (y: string | undefined): string => y!;' },
  { rule: 'typescript(no-namespace)', source: 'export namespace X { export const y = 1; }' },
  { rule: 'typescript(only-throw-error)', source: `export function x(): never { throw 'text'; }` },
  {
    rule: 'typescript(return-await)',
    source:
      'declare function pay(): Promise<void>;\nexport async function x() { try { return pay(); } catch { await null; } }',
  },
  { rule: 'typescript(ban-ts-comment)', source: '// @ts-ignore\nexport const x = 1;' },
  {
    rule: 'typescript(consistent-type-imports)',
    source: `import { Server } from 'node:http';\nexport type X = Server;`,
  },
  { rule: 'eslint(eqeqeq)', source: 'export const x = (y: number): boolean => y == 1;' },
  { rule: 'eslint(no-param-reassign)', source: 'export function x(y: number): number { y = 1; return y; }' },
  { rule: 'eslint(max-lines)', source: repeat('// A line.', 301) },
  { rule: 'eslint(max-lines)', in: 'tests/wallet', source: repeat('// A line.', 401) },
  {
    rule: 'eslint(max-lines-per-function)',
    source: `export function x(y: number[]): void {\n${repeat('y.push(1);', 70)}}`,
  },
  {
    rule: 'eslint(max-lines-per-function)',
    in: 'api/giveaway',
    source: `export function x(y: number[]): void {\n${repeat('y.push(1);', 100)}}`,
  },
  {
    rule: 'eslint(max-depth)',
    source: 'export function x(y: boolean): void { if (y) { if (y) { if (y) { if (y) { if (y) { x(y); } } } } } }',
  },
  { rule: 'eslint(no-console)', source: `console.log('x');` },
  { rule: 'node(no-process-env)', source: `export const x = process.env['X'];` },
  { rule: 'unicorn(filename-case)', in: 'runtime/CamelCase', source: 'export const x = 1;' },
  {
    rule: 'vitest(no-focused-tests)',
    in: 'tests/wallet',
    source: `import { expect, test } from 'vitest';\ntest.only('x', () => { expect(1).toBe(1); });`,
  },
  {
    rule: 'vitest(no-disabled-tests)',
    in: 'tests/wallet',
    source: `import { expect, test } from 'vitest';\ntest.skip('x', () => { expect(1).toBe(1); });`,
  },
  inDomain('eslint(no-restricted-globals)', 'Date.now()'),
  inDomain('eslint(no-restricted-globals)', 'performance.now()'),
  inDomain('eslint(no-restricted-globals)', 'setTimeout(() => undefined, 1)'),
  inDomain('eslint(no-restricted-globals)', 'setInterval(() => undefined, 1)'),
  inDomain('eslint(no-restricted-globals)', 'setImmediate(() => undefined)'),
  inDomain('eslint(no-restricted-globals)', 'queueMicrotask'),
  inDomain('eslint(no-restricted-globals)', 'fetch'),
  inDomain('eslint(no-restricted-globals)', 'process.argv'),
  inDomain('eslint(no-restricted-globals)', 'crypto.randomUUID()'),
  inDomain('eslint(no-restricted-globals)', 'Buffer.alloc(1)'),
  inDomain('eslint(no-restricted-properties)', 'Math.random()'),
  inDomain('eslint(no-restricted-properties)', 'globalThis.Date'),
  inDomain('eslint(no-restricted-properties)', 'globalThis.crypto'),
  inDomain('eslint(no-restricted-properties)', 'globalThis.process'),
  inDomain('eslint(no-restricted-properties)', 'globalThis.fetch'),
];

/** What the same rules leave alone, by file. */
export const LINT_PERMITTED: Readonly<Record<string, string>> = {
  'runtime/config.ts': `export const x = process.env['X'];\n`,
  'scripts/stack/stack.ts': `console.log(process.env['X']);\n`,
  'runtime/clock.ts': 'export const x = (): number => Date.now() + Math.random();\n',
  'tests/wallet/long.ts': `${repeat('// A line.', 390)}export const x = 1;\n`,
};
