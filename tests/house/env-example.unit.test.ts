import fs from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';

const repository = path.join(import.meta.dirname, '../..');
const read = (file: string): string => fs.readFileSync(path.join(repository, file), 'utf8');
const namesIn = (text: string, pattern: RegExp): string[] =>
  [...new Set([...text.matchAll(pattern)].map(([, name]) => name ?? ''))].toSorted((a, b) => a.localeCompare(b));

test('.env.example names every setting, and nothing else', () => {
  expect(namesIn(read('.env.example'), /^([A-Z_]+)=/gm)).toEqual(
    namesIn(read('runtime/config.ts'), /\b([A-Z]+_[A-Z_]+): /g),
  );
});
