import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assignPrizes } from '../../../domain/draw/assign-prizes.ts';
import { DRAW_ALGORITHMS, PER_PRIZE_ALGORITHM } from '../../../domain/draw/rankings.ts';
import { type EligibilityVerdict, nextRank } from '../../../domain/draw/next-rank.ts';

const ranked = (...participants: string[]) =>
  assignPrizes(
    { algorithm: 'handsel-draw-v1', prizeUnits: units },
    participants.length,
    (rank) => participants[rank - 1] ?? '',
  );
const units = ['u1', 'u2', 'u3'].map((unitId) => ({ unitId, prizeId: 'card' }));

describe('prizes', () => {
  it('go to the ranks in order', () => {
    expect(ranked('p1', 'p2', 'p3', 'p4')).toEqual([
      { unitId: 'u1', rank: 1, participant: 'p1' },
      { unitId: 'u2', rank: 2, participant: 'p2' },
      { unitId: 'u3', rank: 3, participant: 'p3' },
    ]);
  });

  it('are left over when there are more of them than ranks', () => {
    expect(ranked('p1')).toEqual([{ unitId: 'u1', rank: 1, participant: 'p1' }]);
    expect(ranked()).toEqual([]);
  });

  it('keep their quotas: each unit once, nobody twice, and as many of each prize as there are people or units', () => {
    const quotas = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 5 });
    const algorithms = fc.constantFrom(...DRAW_ALGORITHMS);
    fc.assert(
      fc.property(algorithms, quotas, fc.integer({ min: 0, max: 12 }), (algorithm, quantities, people) => {
        const prizeUnits = quantities.flatMap((quantity, prize) =>
          Array.from({ length: quantity }, (_, unit) => ({ unitId: `u${prize}-${unit}`, prizeId: `prize-${prize}` })),
        );
        const lines = algorithm === PER_PRIZE_ALGORITHM ? quantities.length : 1;
        const awards = assignPrizes({ algorithm, prizeUnits }, people * lines, (rank) => `p${(rank - 1) % people}`);
        expect(new Set(awards.map(({ unitId }) => unitId)).size).toBe(awards.length);
        expect(new Set(awards.map(({ rank }) => rank)).size).toBe(awards.length);
        const prizeOf = (unitId: string): string => unitId.split('-')[0] ?? '';
        const winners = awards.map(({ unitId, participant }) => `${lines > 1 ? prizeOf(unitId) : ''} ${participant}`);
        expect(new Set(winners).size).toBe(awards.length);
        const expected =
          lines > 1
            ? quantities.reduce((sum, quantity) => sum + Math.min(quantity, people), 0)
            : Math.min(prizeUnits.length, people);
        expect(awards).toHaveLength(expected);
        // What is left over is the last of its line.
        const taken = new Set(awards.map(({ unitId }) => unitId));
        const order = prizeUnits.filter(({ unitId }) => taken.has(unitId)).map(({ unitId }) => unitId);
        expect(awards.map(({ unitId }) => unitId)).toEqual(order);
      }),
    );
  });
});

describe('promotion', () => {
  const verdicts =
    (...list: EligibilityVerdict[]) =>
    (rank: number) =>
      list[rank - 1] ?? 'PASS';

  it('goes to the lowest rank that was never offered a prize and is eligible', () => {
    expect(nextRank(5, new Set([1, 2]), verdicts('PASS', 'PASS', 'FAIL', 'PASS'))).toEqual({
      kind: 'promoted',
      rank: 4,
    });
  });

  it('leaves who is skipped for one prize in line for others', () => {
    const offered = new Set([1]);
    expect(nextRank(3, offered, verdicts('PASS', 'FAIL', 'PASS'))).toEqual({ kind: 'promoted', rank: 3 });
    expect(nextRank(3, offered.add(3), () => 'PASS')).toEqual({ kind: 'promoted', rank: 2 });
  });

  it('waits for a rank of which nothing is known, and does not pass it over', () => {
    expect(nextRank(5, new Set([1]), verdicts('PASS', 'UNKNOWN', 'PASS'))).toEqual({ kind: 'waiting', rank: 2 });
  });

  it('ends when the ranking is exhausted', () => {
    expect(nextRank(2, new Set([1]), () => 'FAIL')).toEqual({ kind: 'exhausted' });
    expect(nextRank(0, new Set(), () => 'PASS')).toEqual({ kind: 'exhausted' });
  });

  it('never picks a rank that was offered before, and skips none without a FAIL', () => {
    const verdict = fc.constantFrom<EligibilityVerdict>('PASS', 'FAIL', 'UNKNOWN');
    const line = fc.array(fc.record({ offered: fc.boolean(), verdict }), { maxLength: 20 });
    fc.assert(
      fc.property(line, (people) => {
        const offered = new Set(people.flatMap((person, index) => (person.offered ? [index + 1] : [])));
        const next = nextRank(people.length, offered, (rank) => people[rank - 1]!.verdict);
        const passed = next.kind === 'exhausted' ? people : people.slice(0, next.rank - 1);
        expect(passed.every((person) => person.offered || person.verdict === 'FAIL')).toBe(true);
        if (next.kind !== 'exhausted') expect(offered.has(next.rank)).toBe(false);
      }),
    );
  });
});
