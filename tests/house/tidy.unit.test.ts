import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { codeFiles, files, read, repository } from './repository-files.ts';

const product = codeFiles.filter((file) => !file.startsWith('tests/'));
/** This folder quotes what it forbids. */
const quotable = codeFiles.filter((file) => !file.startsWith('tests/house/'));
const containing = (pattern: RegExp, among: readonly string[]): string[] =>
  among.filter((file) => pattern.test(read(file)));

describe('the house', () => {
  test('has no code file of more than 300 lines, and no test of more than 400', () => {
    const limit = (file: string): number => (file.startsWith('tests/') ? 400 : 300);
    expect(codeFiles.filter((file) => read(file).trimEnd().split('\n').length > limit(file))).toEqual([]);
  });

  test('has files of 100 lines or fewer in the middle of the list', () => {
    const sizes = product.map((file) => read(file).split('\n').length).toSorted((a, b) => a - b);
    expect(sizes[Math.floor(sizes.length / 2)]).toBeLessThanOrEqual(100);
  });

  test('names code files and their folders in kebab-case', () => {
    const kebab = /^[.]?[a-z0-9]+(-[a-z0-9]+)*([.][a-z0-9]+(-[a-z0-9]+)*)*$/;
    expect(codeFiles.filter((file) => !file.split('/').every((part) => kebab.test(part)))).toEqual([]);
  });

  test('has no file or folder for whatever has no better name', () => {
    expect(
      codeFiles.filter((file) =>
        /(^|\/)(utils?|commons?|helpers?|misc|shared)([./]|$)/.test(file.replace('db/migrations/shared/', '')),
      ),
    ).toEqual([]);
  });

  test('promises nothing for later', () => {
    expect(containing(/\b(TODO|FIXME|HACK|XXX)\b/, quotable)).toEqual([]);
  });

  test('switches a check off for one line only, and says why in the line above', () => {
    const off = /(ox|es)lint-(disable|enable)|@ts-(ignore|nocheck|expect-error)|(oxfmt|prettier)-ignore/;
    const unexplained = quotable.flatMap((file) => {
      const lines = read(file).split('\n');
      const explained = (index: number): boolean =>
        /-next-line|@ts-expect-error/.test(lines[index] ?? '') && /^\s*(\/\/|\*)/.test(lines[index - 1] ?? '');
      return lines.flatMap((line, index) => (off.test(line) && !explained(index) ? [`${file}:${index + 1}`] : []));
    });
    expect(unexplained).toEqual([]);
  });

  test('reads the environment in one place of the product', () => {
    const outside = product.filter((file) => file !== 'runtime/config.ts' && !/^(scripts|simulators)\//.test(file));
    expect(containing(/\bprocess[.]env\b|import [^;]*\benv\b[^;]* from 'node:process'/, outside)).toEqual([]);
  });

  test('locks rows so that the keys which point to them can be checked meanwhile, unless it deletes them', () => {
    const database = files.filter((file) => /^db\/.*[.](sql|ts)$/.test(file));
    expect(database.length).toBeGreaterThan(0);
    expect(containing(/\bfor update\b|[.]forUpdate\(/, database)).toEqual(['db/idempotency/forget-keys.sql']);
  });

  test('holds no secret', () => {
    const secret =
      /-----BEGIN [A-Z ]*PRIVATE KEY-----|\bAKIA[0-9A-Z]{16}\b|\b(gh[pousr]|xox[abp])[_-]\w{20,}|\bsk_live_\w+|"d"\s*:\s*"[\w-]{43}"/;
    expect(
      containing(
        secret,
        files.filter((file) => !/[.](png|ico|woff2)$/.test(file) && !file.startsWith('tests/house/')),
      ),
    ).toEqual([]);
  });

  test('numbers the migrations of each database without a gap', () => {
    const numbers = Map.groupBy(
      files.flatMap((file) => [...file.matchAll(/^(db\/migrations\/[a-z]+)\/(\d{4})-/g)]),
      ([, folder]) => folder,
    );
    expect(numbers.size).toBeGreaterThan(0);
    for (const [folder, found] of numbers) {
      const expected = found.map((_, index) => String(index + 1).padStart(4, '0'));
      expect(
        found.map(([, , number]) => number),
        folder,
      ).toEqual(expected);
    }
  });

  test('links only to pages that are there', () => {
    const links = files
      .filter((file) => file.endsWith('.md'))
      .flatMap((file) =>
        [...read(file).matchAll(/\]\((?!https?:|mailto:|#)([^)#\s]+)/g)].map(([, link = '']) => ({ file, link })),
      );
    expect(links.filter(({ file, link }) => !fs.existsSync(path.join(repository, path.dirname(file), link)))).toEqual(
      [],
    );
  });
});
