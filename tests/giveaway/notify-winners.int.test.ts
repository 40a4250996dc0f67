import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { notifyWinnersActivities } from '../../activities/giveaway/notify-winners.ts';
import { smtpMail } from '../../providers/mail/smtp.ts';
import { createClaimLinks } from '../../runtime/claim-links.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { drawTestGiveaway, testPrizes, type DrawnGiveaway } from '../support/drawn-giveaway.ts';
import { claimTokenIn, startMailRelay, type MailRelay } from '../support/mail-relay.ts';

const cause = { actor: 'system', requestId: 'test' };
const ring = [{ id: 'c', key: Buffer.alloc(32, 7) }];
const links = createClaimLinks(ring);

describe('winners are told by mail', () => {
  let test: TestDatabase;
  let relay: MailRelay;
  const gone = new Set<string>();
  const addressOf = (userId: string): string => `${userId}@example.com`;
  const send = async (): Promise<number> => {
    const mail = smtpMail({
      url: relay.smtpUrl,
      from: 'Handsel <no-reply@handsel.example>',
      timeoutMs: 5_000,
      connections: 10,
    });
    const addressesOf = (ids: readonly string[]) =>
      Promise.resolve(new Map(ids.filter((id) => !gone.has(id)).map((id) => [id, addressOf(id)])));
    const deps = { db: test.db, mail, links, publicUrl: 'https://us.example', addressesOf, heartbeat: () => {} };
    try {
      return await notifyWinnersActivities(deps).sendNotifications(cause);
    } finally {
      mail.close();
    }
  };
  const winners = async (drawn: DrawnGiveaway): Promise<string[]> =>
    (await drawn.awards()).map((award) => award.participant_id);
  const windows = async (drawn: DrawnGiveaway): Promise<boolean[]> =>
    (await drawn.awards()).map((award) => award.claim_expires_at !== null);
  const notifications = (drawn: DrawnGiveaway) =>
    test
      .db('notifications')
      .where({ giveaway_id: drawn.giveawayId })
      .orderBy('created_at')
      .select<{ state: string; attempt: number; problem: string | null; user_id: string }[]>();
  const dueNow = () => test.db('notifications').whereNotNull('due_at').update({ due_at: test.db.fn.now() });

  beforeAll(async () => {
    test = await createTestDatabase('giveaway');
    relay = await startMailRelay();
  });
  afterAll(async () => {
    relay.stop();
    await test.drop();
  });

  it('once each, with a link that is theirs alone, and their windows begin then', async () => {
    const drawn = await drawTestGiveaway(test.db, {
      participants: 5,
      prizes: testPrizes(3),
      title: 'Three\r\nBcc: cards',
    });
    expect(await windows(drawn)).toEqual([false, false, false]);
    await Promise.all([send(), send()]);
    expect(await send()).toBe(0);
    expect(await windows(drawn)).toEqual([true, true, true]);
    for (const award of await drawn.awards()) {
      const [mail, ...more] = await relay.messages(addressOf(award.participant_id));
      expect(more).toEqual([]);
      expect(mail?.subject).toBe('You have won: Three Bcc: cards');
      expect(mail?.body).toContain('a gift card of 1.00 USD');
      const link = links.open(
        claimTokenIn(mail ?? { body: '', recipient: '', subject: '', messageId: '' }),
        new Date(),
      );
      expect(link).toMatchObject({ awardId: award.id, participantId: award.participant_id });
    }
    const events = await test.db('domain_events').where({ type: 'giveaway.award.notified' });
    expect(events).toHaveLength(3);
  });

  it('by the app alone where the relay refuses the mailbox for good, or nobody has an address', async () => {
    const drawn = await drawTestGiveaway(test.db, { participants: 2, prizes: testPrizes(2) });
    const [first = '', second = ''] = await winners(drawn);
    await relay.fail({ recipient: addressOf(first), kind: 'refuse' });
    gone.add(second);
    expect(await send()).toBe(0);
    expect((await notifications(drawn)).map(({ state, problem }) => `${state} ${problem}`).toSorted()).toEqual([
      'FAILED no_address',
      'FAILED smtp_550',
    ]);
    expect(await windows(drawn)).toEqual([true, true]);
  });

  it('later when the relay says so, hangs or drops the connection; a mail that comes twice bears one id', async () => {
    const drawn = await drawTestGiveaway(test.db, { participants: 3, prizes: testPrizes(3) });
    const [first = '', second = '', third = ''] = await winners(drawn);
    await relay.fail({ recipient: addressOf(first), kind: 'later' });
    await relay.fail({ recipient: addressOf(second), kind: 'drop' });
    await relay.fail({ recipient: addressOf(third), kind: 'hang' });
    expect(await send()).toBe(0);
    expect((await notifications(drawn)).every(({ state, attempt }) => state === 'QUEUED' && attempt === 1)).toBe(true);
    expect(await windows(drawn)).toEqual([false, false, false]);
    expect(await send()).toBe(0);
    await dueNow();
    expect(await send()).toBe(3);
    expect(await windows(drawn)).toEqual([true, true, true]);
    const twice = await relay.messages(addressOf(second));
    expect(twice).toHaveLength(2);
    expect(new Set(twice.map(({ messageId }) => messageId)).size).toBe(1);
  });

  it('when the relay is gone for a while: nothing is lost, and nobody’s window begins', async () => {
    const drawn = await drawTestGiveaway(test.db, { participants: 1 });
    const { smtpUrl } = relay;
    relay = { ...relay, smtpUrl: 'smtp://127.0.0.1:9' };
    expect(await send()).toBe(0);
    relay = { ...relay, smtpUrl };
    expect(await windows(drawn)).toEqual([false]);
    await dueNow();
    expect(await send()).toBe(1);
  });

  it('not at all when the award has ended before', async () => {
    const drawn = await drawTestGiveaway(test.db, { participants: 1 });
    const [winner = ''] = await winners(drawn);
    await test.db('giveaway_awards').where({ giveaway_id: drawn.giveawayId }).update({ state: 'DECLINED' });
    expect(await send()).toBe(0);
    expect(await relay.messages(addressOf(winner))).toEqual([]);
  });

  it('in numbers', async () => {
    const drawn = await drawTestGiveaway(test.db, { participants: 150, prizes: testPrizes(150) });
    expect((await Promise.all([send(), send(), send()])).reduce((sum, count) => sum + count, 0)).toBe(150);
    expect((await windows(drawn)).every(Boolean)).toBe(true);
    expect((await notifications(drawn)).every(({ state, attempt }) => state === 'ACCEPTED' && attempt === 1)).toBe(
      true,
    );
  });
});

describe('a claim link', () => {
  const link = { awardId: randomUUID(), participantId: randomUUID(), expiresAt: new Date(Date.now() + 3_600_000) };

  it('opens what it was made for, also under a key that is not the newest', () => {
    const token = links.make(link);
    expect(links.open(token, new Date())).toEqual(link);
    expect(createClaimLinks([{ id: 'd', key: Buffer.alloc(32, 8) }, ...ring]).open(token, new Date())).toEqual(link);
  });

  it('is refused when it has expired, was changed, or is of another key', () => {
    const token = links.make(link);
    expect(() => links.open(token, new Date(link.expiresAt))).toThrow(
      expect.objectContaining({ code: 'claim_link_expired' }),
    );
    const invalid = expect.objectContaining({ code: 'claim_link_invalid' });
    expect(() => createClaimLinks([{ id: 'c', key: Buffer.alloc(32, 9) }]).open(token, new Date())).toThrow(invalid);
    for (let at = 0; at < token.length - 1; at += 1) {
      const changed = token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1);
      expect(() => links.open(changed, new Date()), changed).toThrow(invalid);
    }
    for (const text of ['', '.', '..', 'c..', 'x.y.z', token.slice(0, -4)])
      expect(() => links.open(text, new Date())).toThrow(invalid);
  });
});
