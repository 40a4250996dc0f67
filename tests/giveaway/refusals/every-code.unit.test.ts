import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { ERROR_STATUS } from '../../../domain/errors.ts';

const ROOT = path.join(import.meta.dirname, '../../..');
const read = (file: string): string => fs.readFileSync(path.join(ROOT, file), 'utf8');
const sourcesIn = (folder: string): string[] =>
  fs
    .readdirSync(path.join(ROOT, folder))
    .filter((name) => /\.(ts|sql)$/.test(name))
    .map((name) => path.join(folder, name));

/** Walked by the tests beside this one, as the first member of a row. */
const WALKED = new Set(
  sourcesIn('tests/giveaway/refusals').flatMap((file) =>
    [...read(file).matchAll(/\[\s*'([a-z_]+)',\s/g)].map(([, code]) => code),
  ),
);

/** Walked elsewhere, because it takes more than a call: an operator who cancels the workflow. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  publish_cancelled: 'tests/faults/scenarios/late-statements.ts',
};

const OF_GIVEAWAYS =
  /^(giveaway|publish|prize|randomness|rules|entry|review|disqualification|award|delivery|claim|draw|instant_win)_/;

describe('every code with which giveaways refuse', () => {
  const codes = Object.keys(ERROR_STATUS).filter((code) => OF_GIVEAWAYS.test(code));

  it.each(codes)('%s is walked over HTTP', (code) => {
    const file = ELSEWHERE[code];
    if (file === undefined) expect(WALKED).toContain(code);
    else expect(read(file)).toContain(`'${code}'`);
  });

  it('is one that something raises', () => {
    const raised = ['db/giveaway', 'db', 'api/giveaway', 'domain', 'runtime', 'workflows/giveaway']
      .flatMap(sourcesIn)
      .filter((file) => file !== 'domain/errors.ts')
      .map(read)
      .join('\n');
    expect(codes.filter((code) => !raised.includes(`'${code}'`))).toEqual([]);
  });
});
