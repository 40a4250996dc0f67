import { describe, expect, it } from 'vitest';
import { liveMessages, type EventFacts } from '../../domain/events.ts';

const at = '2026-11-22T00:00:00.000Z';
const about = (giveawayId: string, rank: number, type = 'giveaway.award.notified'): EventFacts => ({
  aggregateType: 'award',
  aggregateId: `award-${rank}`,
  version: 1,
  type,
  payload: { giveawayId, awardId: `award-${rank}`, rank, prizeId: 'prize' },
  occurredAt: at,
});
const phase: EventFacts = {
  aggregateType: 'giveaway',
  aggregateId: 'a',
  version: 7,
  type: 'giveaway.fulfilling',
  payload: { state: 'FULFILLING' },
  occurredAt: at,
};

describe('what happens to many awards', () => {
  it('is one message for each giveaway, and the others keep their order', () => {
    const merged = liveMessages([about('a', 1), phase, about('b', 1), about('a', 2, 'giveaway.award.claimed')]);
    expect(merged.map(({ room, name }) => `${room} ${name}`)).toEqual([
      'giveaway:a giveaway:awards',
      'giveaway:a giveaway:phase',
      'giveaway:b giveaway:awards',
    ]);
    expect(merged[0]?.body).toEqual({
      giveawayId: 'a',
      awards: [
        { awardId: 'award-1', rank: 1, prizeId: 'prize', type: 'giveaway.award.notified', at },
        { awardId: 'award-2', rank: 2, prizeId: 'prize', type: 'giveaway.award.claimed', at },
      ],
      more: 0,
    });
    expect(merged[1]).toMatchObject({ seq: 7, body: { giveawayId: 'a', state: 'FULFILLING', seq: 7, at } });
  });

  it('names twenty of them, and says how many more there are', () => {
    const [merged] = liveMessages(Array.from({ length: 200 }, (_, index) => about('a', index + 1)));
    expect(merged?.body['awards']).toHaveLength(20);
    expect(merged?.body['more']).toBe(180);
  });

  it('is nobody’s business where it is between a winner and the host', () => {
    expect(liveMessages([about('a', 1, 'giveaway.award.address_changed')])).toEqual([]);
  });
});
