import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { giveawayApiRoutes } from '../../api/giveaway/app.ts';
import { csvCell } from '../../api/http/csv.ts';
import { createGiveaway, type NewGiveaway } from '../../db/giveaway/create-giveaway.ts';
import { editGiveaway, type GiveawayChange } from '../../db/giveaway/edit-giveaway.ts';
import { enterGiveaway } from '../../db/giveaway/enter-giveaway.ts';
import { closeGiveawayEarly, extendGiveaway } from '../../db/giveaway/move-deadline.ts';
import { pauseGiveaway } from '../../db/giveaway/pause-giveaway.ts';
import { listRules, readRules } from '../../db/giveaway/rules-versions.ts';
import { closeGiveaway } from '../../db/giveaway/run-giveaway.ts';
import { registerUser } from '../../db/identity/users.ts';
import { eventCounts, twice } from '../commands/twice.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { drawTestGiveaway, testPrizes } from '../support/drawn-giveaway.ts';
import { method, newEntry, openTestGiveaway } from '../support/giveaways.ts';
import { startHttpApp, testKeys, type HttpApp } from '../support/http-app.ts';

const cause = { actor: 'user:host', requestId: 'test' };
const HOUR_MS = 3_600_000;
const inHours = (hours: number): Date => new Date(Date.now() + hours * HOUR_MS);

describe('what a host does with a giveaway', () => {
  let test: TestDatabase;
  let app: HttpApp;
  let token: string;
  let issue: (userId: string) => Promise<string>;
  const hostId = randomUUID();
  const open = (change: Partial<NewGiveaway> = {}) => openTestGiveaway(test.db, { hostId, ...change });
  const enter = (giveawayId: string) => enterGiveaway(test.db, newEntry(giveawayId), cause);
  const edit = (giveawayId: string, change: GiveawayChange, by = hostId) =>
    editGiveaway(test.db, { giveawayId, hostId: by, change, notice: 'because' }, cause);
  const pause = (giveawayId: string, paused: boolean) =>
    pauseGiveaway(test.db, { giveawayId, hostId, paused, reason: 'a bot' }, cause);
  const row = (id: string) => test.db('giveaways').where({ id }).first();
  const get = async (path: string) => (await app.ask('GET', `/v1/giveaways/${path}`, { token })).body;

  beforeAll(async () => {
    test = await createTestDatabase('giveaway');
    const keys = await testKeys();
    // Reads only: no other dependency is asked for.
    const routes = giveawayApiRoutes({ db: test.db } as never);
    app = await startHttpApp(test.db, keys, { routes });
    issue = (userId) => keys.issuer.issue({ userId, sessionId: randomUUID(), roles: ['host'] });
    token = await issue(hostId);
  });
  afterAll(async () => {
    await app.close();
    await test.drop();
  });

  it('are listed page by page, newest first, each once, also those of one millisecond', async () => {
    const host = randomUUID();
    const mine = await Promise.all(Array.from({ length: 5 }, () => open({ hostId: host })));
    await test.db('giveaways').whereIn('id', mine).update({ created_at: '2026-01-01T00:00:00.000500Z' });
    await open();
    const asHost = await issue(host);
    const seen: string[] = [];
    for (let after: string | null = ''; after !== null;) {
      const query = after === '' ? '' : `&after=${after}`;
      const { body } = await app.ask('GET', `/v1/giveaways?limit=2${query}`, { token: asHost });
      seen.push(...(body.data as { id: string }[]).map(({ id }) => id));
      after = body.next as string | null;
    }
    expect(seen).toEqual(mine.toSorted().toReversed());
  });

  it('a draft is edited in everything, and nobody hears of it', async () => {
    const id = randomUUID();
    const draft = { title: 'T', description: '', currency: 'USD', closesAt: inHours(2), claimWindowMs: HOUR_MS };
    await createGiveaway(test.db, { id, hostId, ...draft, prizes: testPrizes(1) }, cause);
    const change = {
      title: 'Better',
      closesAt: inHours(5),
      prizes: testPrizes(3),
      methods: [method({ name: 'riddle', kind: 'question', prompt: 'Why?', answerHash: 'ab' })],
      eligibility: { minAgeYears: 18 },
      claims: 'automatic',
    } as const;
    expect((await edit(id, change)).changed.toSorted()).toEqual(Object.keys(change).toSorted());
    expect(await row(id)).toMatchObject({
      title: 'Better',
      closes_at: change.closesAt,
      rules: { claims: 'automatic' },
    });
    expect(await test.db('giveaway_prizes').where({ giveaway_id: id })).toHaveLength(3);
    expect(await test.db('giveaway_methods').where({ giveaway_id: id }).pluck('name')).toEqual(['riddle']);
    await expect(edit(id, { title: 'Mine' }, randomUUID())).rejects.toMatchObject({ code: 'giveaway_not_found' });
    await expect(edit(id, { closesAt: new Date(0) })).rejects.toMatchObject({ code: 'giveaway_deadline_past' });
    await expect(edit(id, { methods: [method({ kind: 'question' })] })).rejects.toMatchObject({
      code: 'entry_methods_invalid',
    });
    expect(await eventCounts(test.db)).toMatchObject({ 'giveaway.draft_edited': 1 });
  });

  it('over HTTP: what is absent stays, and what is wrong changes nothing', async () => {
    const id = randomUUID();
    const draft = { title: 'T', description: 'D', currency: 'USD', closesAt: inHours(2), claimWindowMs: HOUR_MS };
    const prizes = testPrizes(1);
    await createGiveaway(test.db, { id, hostId, ...draft, claims: 'automatic', earlyClose: true, prizes }, cause);
    const patch = async (body: object) => {
      const { status, body: answer } = await app.ask('PATCH', `/v1/giveaways/${id}`, {
        token,
        key: randomUUID(),
        body,
      });
      return [status, answer.changed ?? answer.code];
    };
    expect(await patch({ title: 'Other' })).toEqual([200, ['title']]);
    expect(await patch({ title: 'Other' })).toEqual([200, []]);
    expect(await row(id)).toMatchObject({
      title: 'Other',
      description: 'D',
      rules: { claims: 'automatic', earlyClose: true },
    });
    expect(await test.db('giveaway_prizes').where({ giveaway_id: id }).pluck('id')).toEqual([prizes[0]?.id]);
    for (const wrong of [{ title: '' }, { claims: 'never' }, { maxExtensionMs: -1 }, { claimWindowMs: 1.5 }])
      expect(await patch(wrong)).toEqual([400, 'validation_failed']);
    expect(await patch({ prizes: [] })).toEqual([422, 'giveaway_prizes_missing']);
    expect(await row(id)).toMatchObject({ title: 'Other', rules: { claims: 'automatic' } });
  });

  it('until the first entry all but what is paid for; each change is a version of the rules', async () => {
    const id = await open({ claimWindowMs: HOUR_MS });
    const before = await readRules(test.db, id, { witnessed: false });
    const closesAt = inHours(48);
    await twice(test.db, () =>
      edit(id, { title: 'New', closesAt, eligibility: { countries: ['NG'] } }).then(() => ({})),
    );
    await expect(edit(id, { prizes: testPrizes(1) })).rejects.toMatchObject({ code: 'giveaway_not_editable' });
    await expect(edit(id, { opensAt: inHours(1) })).rejects.toMatchObject({ code: 'giveaway_not_editable' });
    const versions = await listRules(test.db, id);
    expect(versions.map(({ version, changed }) => [version, [...changed].toSorted()])).toEqual([
      [1, []],
      [2, ['closesAt', 'eligibility', 'title']],
    ]);
    expect(versions[0]?.text).toBe(before);
    expect(await readRules(test.db, id, { witnessed: false })).toBe(versions[1]?.text);
    expect(versions[1]?.text).toContain('Entrants live in: NG.');
    expect((await get(`${id}/rules/versions`)).data).toMatchObject([{ version: 1 }, { version: 2, notice: 'because' }]);
    expect(await get(`${id}/rules?version=1`)).toBe(before);
    expect((await get(`${id}/rules?version=7`)).code).toBe('rules_version_not_found');
  });

  it('after the first entry only what hurts no entrant, and they are told', async () => {
    const id = await open({ claimWindowMs: HOUR_MS });
    await enter(id);
    await enter(id);
    const refused = edit(id, { claimWindowMs: 2 * HOUR_MS, title: 'Other', closesAt: inHours(9) });
    await expect(refused).rejects.toMatchObject({
      code: 'giveaway_edit_hurts_entrants',
      details: { fields: ['title', 'closesAt'].toSorted((a, b) => b.localeCompare(a)) },
    });
    await expect(edit(id, { claimWindowMs: HOUR_MS / 2 })).rejects.toMatchObject({
      code: 'giveaway_edit_hurts_entrants',
    });
    expect(await listRules(test.db, id)).toHaveLength(1);
    expect(await edit(id, { claimWindowMs: 2 * HOUR_MS, description: 'More' })).toEqual({
      changed: ['claimWindowMs', 'description'],
    });
    expect((await listRules(test.db, id)).at(-1)?.text).toContain('within 2 hours of the first notification');
    expect(await test.db('notifications').where({ giveaway_id: id, kind: 'rules_changed' })).toHaveLength(2);
  });

  it('meets a first entry at the same moment in one order or the other', async () => {
    for (let round = 0; round < 8; round += 1) {
      const id = await open();
      const [entered, edited] = await Promise.allSettled([enter(id), edit(id, { title: 'Changed' })]);
      expect(entered.status).toBe('fulfilled');
      const { title } = await row(id);
      expect(title).toBe(edited.status === 'fulfilled' ? 'Changed' : 'T');
    }
  });

  it('pauses and resumes: no entry is taken meanwhile', async () => {
    const id = await open();
    await twice(test.db, () => pause(id, true).then(({ pausedAt }) => ({ paused: pausedAt !== null })));
    await expect(enter(id)).rejects.toMatchObject({ code: 'giveaway_paused' });
    expect((await get(id)).pausedAt).not.toBeNull();
    await twice(test.db, () => pause(id, false));
    await enter(id);
    await expect(
      pauseGiveaway(test.db, { giveawayId: id, hostId: randomUUID(), paused: true, reason: 'x' }, cause),
    ).rejects.toMatchObject({ code: 'giveaway_not_found' });
  });

  it('ends entry early only where the rules said so', async () => {
    const strict = await open();
    await expect(closeGiveawayEarly(test.db, { giveawayId: strict, reason: 'enough' }, cause)).rejects.toMatchObject({
      code: 'giveaway_early_close_not_allowed',
    });
    const id = await open({ earlyClose: true });
    await enter(id);
    expect(await readRules(test.db, id, { witnessed: false })).toContain('The host may end entry before the deadline.');
    await Promise.all([1, 2].map(() => closeGiveawayEarly(test.db, { giveawayId: id, reason: 'enough' }, cause)));
    await expect(enter(id)).rejects.toMatchObject({ code: 'giveaway_closed' });
    expect(await closeGiveaway(test.db, id, cause)).toBe(0);
    await expect(closeGiveawayEarly(test.db, { giveawayId: id, reason: 'enough' }, cause)).rejects.toMatchObject({
      code: 'giveaway_not_open',
    });
    await expect(pause(id, true)).rejects.toMatchObject({ code: 'giveaway_not_open' });
    await expect(edit(id, { description: 'x' })).rejects.toMatchObject({ code: 'giveaway_not_editable' });
    expect(await eventCounts(test.db)).toMatchObject({ 'giveaway.closing_early': 1 });
  });

  it('puts the deadline off within what the rules said, measured from the first one', async () => {
    const closesAt = inHours(1);
    const later = (hours: number): Date => new Date(closesAt.getTime() + hours * HOUR_MS);
    const extend = (id: string, to: Date) =>
      extendGiveaway(test.db, { giveawayId: id, closesAt: to, reason: 'the network was down' }, cause);
    const strict = await open({ closesAt });
    const refused = { code: 'giveaway_extension_not_allowed' };
    await expect(extend(strict, later(1))).rejects.toMatchObject(refused);
    const id = await open({ closesAt, maxExtensionMs: 3 * HOUR_MS });
    await twice(test.db, () => extend(id, later(2)));
    await expect(extend(id, later(1))).rejects.toMatchObject(refused);
    await expect(extend(id, later(4))).rejects.toMatchObject(refused);
    await extend(id, later(3));
    expect(await readRules(test.db, id, { witnessed: false })).toContain(`Entry ends at ${later(3).toISOString()}`);
    expect((await listRules(test.db, id)).map(({ changed }) => changed)).toEqual([[], ['closesAt'], ['closesAt']]);
  });

  it('reads winners and entries, paged and as CSV, and the funnel', async () => {
    const drawn = await drawTestGiveaway(test.db, { hostId, participants: 5, prizes: testPrizes(3) });
    const [first] = await drawn.awards();
    const person = {
      id: first?.participant_id ?? '',
      displayName: '=HYPERLINK("http://evil")',
      roles: ['participant' as const],
    };
    await registerUser(test.db, { ...person, email: 'e@example.com', passwordHash: 'x' }, cause);
    const page = await get(`${drawn.giveawayId}/winners?limit=2`);
    expect(page).toMatchObject({
      next: '2',
      data: [
        { rank: 1, amountMinor: '100' },
        { rank: 2, name: null },
      ],
    });
    expect((await get(`${drawn.giveawayId}/winners?limit=2&after=2`)).data).toHaveLength(1);
    expect((await get(`${drawn.giveawayId}/winners?state=FULFILLED`)).data).toEqual([]);
    const lines = (await get(`${drawn.giveawayId}/winners.csv`)).split('\r\n');
    expect(lines).toHaveLength(5);
    expect(lines[1]).toMatch(/^1,1,NOTIFIED,"'=HYPERLINK\(""http:\/\/evil""\)",/);
    expect((await get(`${drawn.giveawayId}/entries.csv`)).split('\r\n')).toHaveLength(7);
    expect(await get(`${drawn.giveawayId}/funnel`)).toMatchObject({
      participants: 5,
      eligible: 5,
      ranked: 5,
      offered: 3,
      notified: 0,
      prizes: 3,
      reasons: { eligible: 5 },
      methods: [{ method: 'direct', entries: 5, participants: 5 }],
    });
    const foreign = await open({ hostId: randomUUID() });
    for (const what of ['winners', 'winners.csv', 'entries.csv', 'funnel'])
      expect((await get(`${foreign}/${what}`)).code).toBe('giveaway_not_found');
  });
});

describe('a cell of a CSV file', () => {
  it('is never a formula, and always one cell', () => {
    const cells = ['=1+1', '+1', '-1', '@SUM(A1)', '\tx', 'a,b', 'say "hi"', 'two\nlines', 'plain', null, -5];
    expect(cells.map(csvCell)).toEqual([
      "'=1+1",
      "'+1",
      "'-1",
      "'@SUM(A1)",
      "'\tx",
      '"a,b"',
      '"say ""hi"""',
      '"two\nlines"',
      'plain',
      '',
      '-5',
    ]);
  });
});
