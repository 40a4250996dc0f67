import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkGiveaways, GIVEAWAY_CHECKS } from '../../db/giveaway/audit.ts';
import type { NewPrize } from '../../db/giveaway/create-giveaway.ts';
import { runChecks } from '../../db/ledger/invariants.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { randomLives } from '../support/random-lives.ts';
import { drawTestGiveaway } from '../support/drawn-giveaway.ts';
import { action, AwardLife } from './award-model.ts';

const lives = randomLives({ seed: 20_261_123, runs: 30 });
/** At the same moment. */
const MEETING = 4;

const history = fc.record({
  participants: fc.integer({ min: 2, max: 8 }),
  prizes: fc.array(
    fc.record({
      kind: fc.constantFrom('gift_card' as const, 'physical' as const),
      units: fc.integer({ min: 1, max: 2 }),
    }),
    { minLength: 1, maxLength: 3 },
  ),
  several: fc.boolean(),
  claimVerification: fc.constantFrom('automatic' as const, 'manual' as const),
  meetings: fc.array(fc.array(action, { minLength: 1, maxLength: MEETING }), {
    minLength: 10,
    maxLength: 30,
    size: 'max',
  }),
});

const unitsOf = (prizes: readonly { kind: 'gift_card' | 'physical'; units: number }[]): NewPrize[] =>
  prizes.flatMap(({ kind, units }, index) => {
    const group = { id: randomUUID(), name: `Prize ${index + 1}` };
    return Array.from({ length: units }, (): NewPrize => {
      const unit = { id: randomUUID(), faceMinor: 100n, group };
      if (kind === 'physical') return { kind, ...unit };
      return { ...unit, cardId: randomUUID(), merchantId: randomUUID(), catalogueItemId: randomUUID() };
    });
  });

describe('random lives of awards', () => {
  let test: TestDatabase;

  beforeAll(async () => {
    test = await createTestDatabase('giveaway');
  });
  afterAll(() => test.drop());

  it(
    `end once each, in the order of the ranking, whoever meets whom at the same moment (seed ${lives.seed})`,
    async () => {
      await lives.live(history, async ({ prizes, several, participants, claimVerification, meetings }) => {
        const drawn = await drawTestGiveaway(test.db, {
          participants,
          prizes: unitsOf(prizes),
          claimVerification,
          mode: { mode: 'random_draw', prizesPerPerson: several ? 'several' : 'one' },
        });
        const life = new AwardLife(test.db, drawn, several ? prizes.length : 1);
        for (const meeting of meetings) {
          await life.meet(meeting);
          await life.check();
        }
        expect(await life.finish()).toBe(0);
        await life.check();
        const broken = (await runChecks(test.db, 'giveaway', GIVEAWAY_CHECKS)).filter((check) => check.broken > 0);
        expect(broken).toEqual([]);
      });
      expect((await checkGiveaways(test.db)).filter((check) => check.broken > 0)).toEqual([]);
    },
    lives.timeoutMs,
  );
});
