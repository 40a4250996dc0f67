import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LINT_PERMITTED, LINT_VIOLATIONS, type LintViolation } from './lint-violations.ts';

interface Diagnostic {
  readonly filename: string;
  readonly code: string;
}

const repository = path.join(import.meta.dirname, '../..');
const fileOf = (violation: LintViolation, index: number): string =>
  violation.rule === 'unicorn(filename-case)'
    ? `${violation.in}.ts`
    : `${violation.in ?? 'runtime'}/violation-${index}.ts`;

describe('the lint rules', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'handsel-lint-'));
  let found: ReadonlyMap<string, readonly string[]>;

  beforeAll(() => {
    for (const file of ['.oxlintrc.json', 'tsconfig.json'])
      fs.copyFileSync(path.join(repository, file), path.join(folder, file));
    fs.symlinkSync(path.join(repository, 'node_modules'), path.join(folder, 'node_modules'));
    const files = {
      ...LINT_PERMITTED,
      ...Object.fromEntries(LINT_VIOLATIONS.map((each, index) => [fileOf(each, index), `${each.source}\n`])),
    };
    for (const [name, text] of Object.entries(files)) {
      fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
      fs.writeFileSync(path.join(folder, name), text);
    }
    found = lint(folder);
  });

  afterAll(() => fs.rmSync(folder, { recursive: true }));

  test.each(LINT_VIOLATIONS.map((violation, index) => ({ ...violation, file: fileOf(violation, index) })))(
    '$rule objects in $file',
    ({ rule, file }) => {
      expect(found.get(file) ?? []).toContain(rule);
    },
  );

  test.each(Object.keys(LINT_PERMITTED))('nothing objects in %s', (file) => {
    expect(found.get(file)).toBeUndefined();
  });

  test('each rule that the configuration turns on is tried', () => {
    const tried = new Set(LINT_VIOLATIONS.map(({ rule }) => rule.replace('(', '/').replace(')', '')));
    expect(rulesTurnedOn().filter((rule) => !tried.has(rule))).toEqual(['vitest/valid-expect']);
  });
});

function lint(folder: string): ReadonlyMap<string, readonly string[]> {
  // By folder: a bare run would follow the link to node_modules.
  const folders = fs.readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const tool = path.join(repository, 'node_modules/.bin/oxlint');
  const { stdout, stderr } = spawnSync(tool, ['--format', 'json', ...folders.map(({ name }) => name)], {
    cwd: folder,
    encoding: 'utf8',
  });
  if (!stdout.startsWith('{')) throw new Error(`oxlint did not answer:\n${stdout}${stderr}`);
  const { diagnostics }: { diagnostics: readonly Diagnostic[] } = JSON.parse(stdout);
  return new Map(
    [...Map.groupBy(diagnostics, ({ filename }) => filename)].map(([file, group]) => [
      file,
      group.map(({ code }) => code),
    ]),
  );
}

function rulesTurnedOn(): string[] {
  const config: { rules: Record<string, unknown>; overrides: { rules: Record<string, unknown> }[] } = JSON.parse(
    fs.readFileSync(path.join(repository, '.oxlintrc.json'), 'utf8'),
  );
  const settings = [config.rules, ...config.overrides.map(({ rules }) => rules)].flatMap((rules) =>
    Object.entries(rules),
  );
  return [...new Set(settings.filter(([, value]) => value !== 'off').map(([name]) => name))];
}
