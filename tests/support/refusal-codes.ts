import fs from 'node:fs';
import path from 'node:path';
import { expect } from 'vitest';

const ROOT = path.join(import.meta.dirname, '../..');

/** A file of the project, by its path from the root. */
export const readSource = (file: string): string => fs.readFileSync(path.join(ROOT, file), 'utf8');

/** The TypeScript and SQL that lies in a folder, not below it. */
export const sourcesIn = (folder: string): string[] =>
  fs
    .readdirSync(path.join(ROOT, folder))
    .filter((name) => /\.(ts|sql)$/.test(name))
    .map((name) => path.join(folder, name));

/** The codes that the tests of a folder walk: each is the first member of a row. */
export const codesWalkedIn = (folder: string): ReadonlySet<string | undefined> =>
  new Set(
    sourcesIn(folder).flatMap((file) => [...readSource(file).matchAll(/\[\s*'([a-z_]+)',\s/g)].map(([, code]) => code)),
  );

/** @param quoted how the code stands in the file that shows it, where it is not among those that are walked. */
export function expectShown(
  code: string,
  walked: ReadonlySet<string | undefined>,
  elsewhere: Readonly<Record<string, string>>,
  quoted: string = code,
): void {
  const file = elsewhere[code];
  if (file === undefined) expect(walked).toContain(code);
  else expect(readSource(file)).toContain(quoted);
}
