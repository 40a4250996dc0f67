import { describe, expect, test } from 'vitest';
import { brokenRules, ruleNames } from './cruise-tree.ts';
import { PERMITTED, VIOLATIONS } from './import-violations.ts';

describe('the import rules', () => {
  test('have a violation each, and no violation lacks its rule', () => {
    expect(Object.keys(VIOLATIONS).toSorted()).toEqual(ruleNames.toSorted());
  });

  test('permit what each room is for', async () => {
    expect(await brokenRules(PERMITTED)).toEqual([]);
  });

  test.each(Object.entries(VIOLATIONS))('%s fires on its violations, alone', async (name, trees) => {
    for (const tree of trees) expect(await brokenRules(tree), Object.keys(tree).join(' → ')).toEqual([name]);
  });
});
