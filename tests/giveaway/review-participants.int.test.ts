import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { enterGiveaway, type EntrantSignal } from '../../db/giveaway/enter-giveaway.ts';
import { decideReview, excludeParticipant, listReviews, scoreSignals } from '../../db/giveaway/review-participants.ts';
import { readOwnEntries } from '../../db/giveaway/own-entries.ts';
import { closeGiveaway } from '../../db/giveaway/run-giveaway.ts';
import { settleEligibility } from '../../db/giveaway/settle-eligibility.ts';
import { normalAccount, normalAnswer, normalEmail } from '../../domain/entry-signals.ts';
import { eventCounts, twice } from '../commands/twice.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { newEntry, openTestGiveaway, passDeadline } from '../support/giveaways.ts';

const cause = { actor: 'user:host', requestId: 'test' };
const signal = (kind: EntrantSignal['kind'], hash = randomBytes(32).toString('hex')): EntrantSignal => ({ kind, hash });

describe('what entrants have in common', () => {
  let test: TestDatabase;
  const score = () => scoreSignals(test.db, { limit: 1_000 }, cause);
  const pending = (giveawayId: string) => listReviews(test.db, { giveawayId, state: 'PENDING', limit: 100 });

  async function enterWith(giveawayId: string, ...signals: readonly EntrantSignal[]): Promise<string> {
    const entry = newEntry(giveawayId, { signals });
    await enterGiveaway(test.db, entry, cause);
    return entry.participantId;
  }

  beforeAll(async () => {
    test = await createTestDatabase('giveaway');
  });
  afterAll(() => test.drop());

  it('is nothing where all is different, and little for a shared address', async () => {
    const giveawayId = await openTestGiveaway(test.db);
    const address = signal('address');
    for (let n = 0; n < 30; n += 1) await enterWith(giveawayId, address, signal('device'), signal('email'));
    await Promise.all([score(), score()]);
    expect((await score()).signals).toBe(0);
    expect(await pending(giveawayId)).toEqual([]);
  });

  it('asks a person about all who share a mailbox, or a device and an address, whoever came first', async () => {
    const giveawayId = await openTestGiveaway(test.db);
    const [email, device, address] = [signal('email'), signal('device'), signal('address')];
    const first = await enterWith(giveawayId, email, signal('device'));
    await score();
    const second = await enterWith(giveawayId, email);
    const third = await enterWith(giveawayId, device, address);
    const fourth = await enterWith(giveawayId, device, address);
    await enterWith(giveawayId, signal('device'), address);
    await Promise.all([score(), score()]);
    const reviews = await pending(giveawayId);
    expect(reviews.map(({ participantId }) => participantId).toSorted()).toEqual(
      [first, second, third, fourth].toSorted(),
    );
    expect(reviews.find(({ participantId }) => participantId === third)).toMatchObject({
      score: 50,
      signals: { device: 1, address: 2 },
    });
    const elsewhere = await openTestGiveaway(test.db);
    await enterWith(elsewhere, email);
    await score();
    expect(await pending(elsewhere)).toEqual([]);
  });

  it('is decided once, with a reason, and not by new signals', async () => {
    const giveawayId = await openTestGiveaway(test.db);
    const email = signal('email');
    const [sister, bot] = [await enterWith(giveawayId, email), await enterWith(giveawayId, email)];
    await score();
    expect(await readOwnEntries(test.db, giveawayId, sister)).toMatchObject({ tickets: 0, underReview: true });
    const decide = (participantId: string, decision: 'CLEARED' | 'DISQUALIFIED') =>
      decideReview(test.db, { giveawayId, participantId, decision, reason: 'we spoke' }, cause);
    const decided = await twice(test.db, () => decide(sister, 'CLEARED'));
    expect(decided).toMatchObject({ state: 'CLEARED', decidedBy: 'user:host', reason: 'we spoke' });
    await twice(test.db, () => decide(bot, 'DISQUALIFIED'));
    await expect(decide(bot, 'CLEARED')).rejects.toMatchObject({ code: 'review_decided' });
    await expect(decide(randomUUID(), 'CLEARED')).rejects.toMatchObject({ code: 'review_not_found' });
    const third = await enterWith(giveawayId, email);
    await score();
    expect((await pending(giveawayId)).map(({ participantId }) => participantId)).toEqual([third]);
    expect(await readOwnEntries(test.db, giveawayId, sister)).toMatchObject({ tickets: 1, underReview: false });

    await passDeadline(test.db, giveawayId);
    expect(await closeGiveaway(test.db, giveawayId, cause)).toBe(0);
    await expect(decide(third, 'CLEARED')).rejects.toMatchObject({ code: 'giveaway_closed' });
    const late = { giveawayId, participantId: sister, code: 'blocked' as const, reason: 'late' };
    await expect(excludeParticipant(test.db, late, cause)).rejects.toMatchObject({ code: 'giveaway_closed' });
    for (let after: string | null = ''; after !== null;) {
      ({ next: after } = await settleEligibility(test.db, { giveawayId, after }));
    }
    const reasons = await test
      .db('giveaway_entries')
      .where({ giveaway_id: giveawayId })
      .select<{ participant_id: string; reason: string }[]>('participant_id', 'reason');
    expect(Object.fromEntries(reasons.map((row) => [row.participant_id, row.reason]))).toEqual({
      [sister]: 'eligible',
      [bot]: 'disqualified',
      [third]: 'under_review',
    });
    expect(await eventCounts(test.db)).toMatchObject({ 'giveaway.review.decided': 2 });
  });

  it('does not let in who was blocked before', async () => {
    const giveawayId = await openTestGiveaway(test.db);
    const participantId = randomUUID();
    const block = { giveawayId, participantId, code: 'blocked' as const, reason: 'known to cheat' };
    await twice(test.db, () => excludeParticipant(test.db, block, cause));
    await expect(enterGiveaway(test.db, newEntry(giveawayId, { participantId }), cause)).rejects.toMatchObject({
      code: 'entry_excluded',
    });
  });

  it('compares mailboxes, accounts and answers as people would', () => {
    expect(normalEmail('Ann.B+win@GoogleMail.com')).toBe(normalEmail('annb@gmail.com'));
    expect(normalEmail('ann.b@example.com')).not.toBe(normalEmail('annb@example.com'));
    expect(normalAccount(' @Ann ')).toBe('ann');
    expect(normalAnswer('  Open\tSESAME ')).toBe('open sesame');
  });
});
