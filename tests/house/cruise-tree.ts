import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { cruise, type ICruiseOptions } from 'dependency-cruiser';
import extractDepcruiseOptions from 'dependency-cruiser/config-utl/extract-depcruise-options';
import extractTypeScriptConfig from 'dependency-cruiser/config-utl/extract-ts-config';
import type { Tree } from './import-violations.ts';

const repository = path.join(import.meta.dirname, '../..');
const options = await extractDepcruiseOptions(path.join(repository, '.dependency-cruiser.cjs'));
const tsConfig = extractTypeScriptConfig(path.join(repository, 'tsconfig.json'));

export const ruleNames: readonly string[] = (options.ruleSet?.forbidden ?? []).map(({ name }) => name ?? '');

/** The names of the rules that the tree breaks, sorted. */
export async function brokenRules(tree: Tree): Promise<readonly string[]> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'handsel-house-'));
  try {
    for (const [name, text] of [...Object.entries(tree), ...packagesOf(tree)]) {
      fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
      fs.writeFileSync(path.join(folder, name), text);
    }
    return await cruiseFolder(folder);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

async function cruiseFolder(folder: string): Promise<readonly string[]> {
  // Validation must be asked for; the command line does so by itself.
  const asked: ICruiseOptions = { ...options, baseDir: folder, validate: true };
  const { output } = await cruise(['.'], asked, {}, { tsConfig });
  if (typeof output === 'string')
    throw new TypeError('dependency-cruiser answered with text where a result was expected');
  return [...new Set(output.summary.violations.map(({ rule }) => rule.name))].toSorted();
}

/** Every package that the tree imports, as an empty one: the real ones would be found under another path. */
function packagesOf(tree: Tree): [string, string][] {
  const specifiers = Object.values(tree).flatMap((text) =>
    [...text.matchAll(/from '([^']+)'/g)].map(([, name]) => name ?? ''),
  );
  const packages = specifiers.filter((name) => !name.startsWith('.') && !name.startsWith('node:'));
  const listed = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, '*']));
  const manifest = {
    name: 'tree',
    type: 'module',
    dependencies: listed(packages.filter((name) => name !== 'vitest')),
    devDependencies: listed(packages.filter((name) => name === 'vitest')),
  };
  return [
    ['package.json', JSON.stringify(manifest)],
    ...packages.flatMap((name): [string, string][] => [
      [`node_modules/${name}/package.json`, JSON.stringify({ name, type: 'module', exports: './index.js' })],
      [`node_modules/${name}/index.js`, 'export const x = 1;\n'],
    ]),
  ];
}
