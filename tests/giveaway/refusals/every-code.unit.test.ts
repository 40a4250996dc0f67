import { describe, expect, it } from 'vitest';
import { ERROR_STATUS } from '../../../domain/errors.ts';
import { codesWalkedIn, expectShown, readSource, sourcesIn } from '../../support/refusal-codes.ts';

/** Walked by the tests beside this one, as the first member of a row. */
const WALKED = codesWalkedIn('tests/giveaway/refusals');

/** Walked elsewhere, because it takes more than a call: an operator who cancels the workflow. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  publish_cancelled: 'tests/faults/scenarios/late-statements.ts',
};

const OF_GIVEAWAYS =
  /^(giveaway|publish|prize|randomness|rules|entry|review|disqualification|award|delivery|claim|draw|instant_win)_/;

describe('every code with which giveaways refuse', () => {
  const codes = Object.keys(ERROR_STATUS).filter((code) => OF_GIVEAWAYS.test(code));

  it.each(codes)('%s is walked over HTTP', (code) => expectShown(code, WALKED, ELSEWHERE, `'${code}'`));

  it('is one that something raises', () => {
    const raised = ['db/giveaway', 'db', 'api/giveaway', 'domain', 'runtime', 'workflows/giveaway']
      .flatMap(sourcesIn)
      .filter((file) => file !== 'domain/errors.ts')
      .map(readSource)
      .join('\n');
    expect(codes.filter((code) => !raised.includes(`'${code}'`))).toEqual([]);
  });
});
