import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe } from 'vitest';
import { createGiveaway, type NewGiveaway } from '../../../db/giveaway/create-giveaway.ts';
import { enterGiveaway } from '../../../db/giveaway/enter-giveaway.ts';
import { pauseGiveaway } from '../../../db/giveaway/pause-giveaway.ts';
import { excludeParticipant } from '../../../db/giveaway/review-participants.ts';
import { closeGiveaway } from '../../../db/giveaway/run-giveaway.ts';
import { testPrizes } from '../../support/drawn-giveaway.ts';
import { method, newEntry, openTestGiveaway, passDeadline } from '../../support/giveaways.ts';
import { cause, entryHashes, startWalk, walkRows, type Refused, type Row, type Someone, type Walk } from './walk.ts';

const DAY_MS = 24 * 3_600_000;
const inDays = (days: number): string => new Date(Date.now() + days * DAY_MS).toISOString();
const card = { merchantId: randomUUID(), catalogueItemId: randomUUID(), amountMinor: '5000' };
const bicycle = { kind: 'physical', name: 'Bicycle', amountMinor: '50000' };
const riddle = { name: 'riddle', kind: 'question', prompt: 'Why?', answer: 'so' };

let walk: Walk;
beforeAll(async () => {
  walk = await startWalk();
});
afterAll(() => walk.stop());

const open = (change: Partial<NewGiveaway> = {}): Promise<string> =>
  openTestGiveaway(walk.db, { hostId: walk.host.id, ...change });
async function closed(change: Partial<NewGiveaway> = {}): Promise<string> {
  const id = await open(change);
  await passDeadline(walk.db, id);
  await closeGiveaway(walk.db, id, cause);
  return id;
}
async function drafted(change: Partial<NewGiveaway> = {}): Promise<string> {
  const draft = { title: 'T', description: '', currency: 'USD', closesAt: new Date(inDays(2)), claimWindowMs: 60_000 };
  const id = randomUUID();
  await createGiveaway(walk.db, { id, hostId: walk.host.id, ...draft, prizes: testPrizes(1), ...change }, cause);
  return id;
}
const pause = (giveawayId: string) =>
  pauseGiveaway(walk.db, { giveawayId, hostId: walk.host.id, paused: true, reason: 'a bot' }, cause);
const entered = async (giveawayId: string, { id: participantId }: Someone, by = 'direct', change = {}) =>
  (await enterGiveaway(walk.db, newEntry(giveawayId, { participantId, method: by, ...change }), cause)).id;

const walked = (rows: readonly Row[]): void => walkRows(() => walk, rows);

describe('a draft is refused', () => {
  const draft = async (change: object): Promise<Refused> =>
    walk.call('POST', '/giveaways', walk.host, {
      ...{ title: 'T', currency: 'USD', closesAt: inDays(1), prizes: [card] },
      ...change,
    });
  walked([
    ['validation_failed', 'no title', () => draft({ title: ' ' })],
    ['currency_unsupported', 'money of nowhere', () => draft({ currency: 'XYZ' })],
    ['giveaway_deadline_past', 'it would have ended', () => draft({ closesAt: '2020-01-01T00:00:00Z' })],
    ['giveaway_deadline_too_far', 'it would never end', () => draft({ closesAt: inDays(10_000) })],
    ['giveaway_prizes_missing', 'nothing to win', () => draft({ prizes: [] })],
    [
      'giveaway_prizes_too_many',
      'too much to win',
      () => draft({ prizes: [0, 1].map(() => ({ ...card, quantity: 9_999 })) }),
    ],
    [
      'giveaway_mode_invalid',
      'several of one ranking',
      () => draft({ mode: 'leaderboard', prizesPerPerson: 'several' }),
    ],
    ['giveaway_mode_invalid', 'no way to win at once', () => draft({ mode: 'instant_win' })],
    ['prize_fields_invalid', 'a bicycle of a merchant', () => draft({ prizes: [{ ...card, ...bicycle }] })],
    ['prize_needs_claim', 'a bicycle for nobody who asks', () => draft({ prizes: [bicycle], claims: 'automatic' })],
    ['randomness_not_available', 'no beacon is there', () => draft({ randomness: 'drand' })],
    ['entry_methods_invalid', 'two ways of one name', () => draft({ entryMethods: [riddle, riddle] })],
  ]);
});

describe('what a host does is refused', () => {
  const edit = async (id: string, change: object, who: Someone = walk.host): Promise<Refused> =>
    walk.call('PATCH', `/giveaways/${id}`, who, change);
  const host = async (verb: string, id: string): Promise<Refused> =>
    walk.call('POST', `/giveaways/${id}/${verb}`, walk.host, { reason: 'a bot' });
  walked([
    [
      'giveaway_not_found',
      'an edit by somebody else',
      async () => edit(await drafted(), { title: 'Mine' }, walk.stranger),
    ],
    [
      'giveaway_deadline_past',
      'an edit into the past',
      async () => edit(await drafted(), { closesAt: '2020-01-01T00:00:00Z' }),
    ],
    ['giveaway_prizes_missing', 'an edit that leaves nothing', async () => edit(await drafted(), { prizes: [] })],
    ['giveaway_mode_invalid', 'an edit of half a mode', async () => edit(await drafted(), { mode: 'instant_win' })],
    [
      'prize_needs_claim',
      'an edit of the claims',
      async () =>
        edit(await drafted({ prizes: [{ id: randomUUID(), kind: 'physical', faceMinor: 1n }] }), {
          claims: 'automatic',
        }),
    ],
    [
      'entry_methods_invalid',
      'an edit into two of one name',
      async () => edit(await drafted(), { entryMethods: [riddle, riddle] }),
    ],
    ['randomness_not_available', 'an edit to a beacon', async () => edit(await drafted(), { randomness: 'drand' })],
    ['giveaway_not_editable', 'other prizes once it is published', async () => edit(await open(), { prizes: [card] })],
    ['giveaway_not_editable', 'anything once it is over', async () => edit(await closed(), { title: 'Late' })],
    [
      'giveaway_edit_hurts_entrants',
      'another deadline after the first entry',
      async () => {
        const id = await open();
        await entered(id, await walk.person());
        return edit(id, { closesAt: inDays(3) });
      },
    ],
    ['giveaway_not_open', 'a pause of what has ended', async () => host('pause', await closed())],
    ['giveaway_not_found', 'a pause of what is not', () => host('pause', randomUUID())],
    [
      'giveaway_not_found',
      'the winners of somebody else',
      async () => walk.call('GET', `/giveaways/${await open()}/winners`, walk.stranger),
    ],
    [
      'giveaway_not_found',
      'their list',
      async () => walk.call('GET', `/giveaways/${await open()}/winners.csv`, walk.stranger),
    ],
    [
      'giveaway_not_found',
      'the entries of somebody else',
      async () => walk.call('GET', `/giveaways/${await open()}/entries.csv`, walk.stranger),
    ],
    [
      'giveaway_not_found',
      'the funnel of somebody else',
      async () => walk.call('GET', `/giveaways/${await open()}/funnel`, walk.stranger),
    ],
    [
      'giveaway_not_found',
      'a draft, for everybody else',
      async () => walk.call('GET', `/giveaways/${await drafted()}`, undefined),
    ],
    ['giveaway_not_found', 'its rules', async () => walk.call('GET', `/giveaways/${await drafted()}/rules`, undefined)],
    [
      'rules_version_not_found',
      'rules that never were',
      async () => walk.call('GET', `/giveaways/${await open()}/rules?version=7`, undefined),
    ],
    [
      'draw_not_found',
      'a proof before the draw',
      async () => walk.call('GET', `/giveaways/${await open()}/proof`, undefined),
    ],
    [
      'giveaway_not_leaderboard',
      'the scores of a draw',
      async () => walk.call('GET', `/giveaways/${await open()}/leaderboard`, undefined),
    ],
    [
      'giveaway_not_found',
      'the scores of nothing',
      async () => walk.call('GET', `/giveaways/${randomUUID()}/leaderboard`, undefined),
    ],
    ['forbidden', 'a draft by who is no host', async () => walk.call('POST', '/giveaways', await walk.person(), {})],
    ['unauthenticated', 'a draft by nobody', async () => walk.call('POST', '/giveaways', undefined, {})],
  ]);
});

describe('an entry is refused', () => {
  const enter = async (id: string, body: object = {}, who?: Someone): Promise<Refused> =>
    walk.call('POST', `/giveaways/${id}/entries`, who ?? (await walk.person()), body);
  const many = (): Promise<string> => {
    const id = randomUUID();
    return open({
      id,
      methods: [
        method({}),
        method({ name: 'daily', period: 'daily', cap: 1 }),
        method({ name: 'follow', kind: 'social_follow', target: '@us' }),
        method({ name: 'code', kind: 'secret_code', answerHash: entryHashes.answer(id, 'code', 'sesame') }),
        method({ name: 'mail', kind: 'email_confirmation' }),
        method({ name: 'friends', kind: 'referral', period: 'per_referral', cap: 2 }),
      ],
    });
  };
  const rules = { minAgeYears: 18, countries: ['DE'], minAccountAgeMs: DAY_MS };
  const strict = async (about: object): Promise<Refused> =>
    enter(await open({ eligibility: rules }), {}, await walk.person(about));
  async function again(by: string, body: object = {}): Promise<Refused> {
    const [id, who] = [await many(), await walk.person()];
    await entered(id, who, by);
    return enter(id, { method: by, ...body }, who);
  }
  async function scheduled(): Promise<string> {
    const id = await drafted();
    await walk.db('giveaways').where({ id }).update({ state: 'SCHEDULED', published_at: new Date() });
    return id;
  }
  walked([
    ['giveaway_not_found', 'into nothing', () => enter(randomUUID())],
    ['giveaway_not_found', 'into a draft', async () => enter(await drafted())],
    ['giveaway_not_open', 'before it opens', async () => enter(await scheduled())],
    ['giveaway_closed', 'after the freeze', async () => enter(await closed())],
    [
      'giveaway_closed',
      'after the deadline',
      async () => {
        const id = await open();
        await passDeadline(walk.db, id);
        return enter(id);
      },
    ],
    [
      'giveaway_paused',
      'while it is paused',
      async () => {
        const id = await open();
        await pause(id);
        return enter(id);
      },
    ],
    ['entry_host_excluded', 'by the host', async () => enter(await open(), {}, walk.host)],
    ['entry_staff_excluded', 'by who works here', async () => enter(await open(), {}, walk.ops)],
    [
      'entry_excluded',
      'by who is blocked',
      async () => {
        const [giveawayId, who] = [await open(), await walk.person()];
        const exclusion = { giveawayId, participantId: who.id, code: 'blocked', reason: 'a bot' } as const;
        await excludeParticipant(walk.db, exclusion, cause);
        return enter(giveawayId, {}, who);
      },
    ],
    ['entry_profile_incomplete', 'of unknown age', () => strict({ country: 'DE' })],
    ['entry_too_young', 'by a child', () => strict({ country: 'DE', birthDate: inDays(-4_000).slice(0, 10) })],
    ['entry_country_excluded', 'from elsewhere', () => strict({ country: 'FR', birthDate: '1980-01-01' })],
    ['entry_account_too_new', 'as soon as registered', () => strict({ country: 'DE', birthDate: '1980-01-01' })],
    ['entry_duplicate', 'twice', () => again('direct')],
    ['entry_cap_reached', 'more often than the cap', () => again('daily')],
    ['entry_method_not_found', 'in a way that is not', async () => enter(await many(), { method: 'pray' })],
    ['entry_method_not_found', 'by naming the referral', async () => enter(await many(), { method: 'friends' })],
    ['entry_proof_missing', 'without the account', async () => enter(await many(), { method: 'follow' })],
    ['entry_proof_missing', 'without the answer', async () => enter(await many(), { method: 'code' })],
    ['entry_proof_missing', 'with a wrong token', async () => enter(await many(), { method: 'mail', token: 'no' })],
    ['entry_referral_unknown', 'by a code of nobody', async () => enter(await many(), { referralCode: 'NOBODY' })],
    [
      'entry_answer_wrong',
      'with a wrong answer, which counts',
      async () => enter(await many(), { method: 'code', answer: 'no' }),
      'giveaway_wrong_answers',
    ],
    [
      'entry_attempts_exhausted',
      'after ten wrong answers',
      async () => {
        const [giveawayId, who] = [await many(), await walk.person()];
        const wrong = { giveaway_id: giveawayId, participant_id: who.id, method: 'code' };
        await walk
          .db('giveaway_wrong_answers')
          .insert(Array.from({ length: 10 }, () => ({ id: randomUUID(), ...wrong })));
        return enter(giveawayId, { method: 'code', answer: 'sesame' }, who);
      },
    ],
    [
      'entry_not_found',
      'a referral code before',
      async () => walk.call('POST', `/giveaways/${await many()}/referral-code`, await walk.person()),
    ],
    [
      'entry_method_not_found',
      'a referral code of a giveaway without',
      async () => {
        const [id, who] = [await open(), await walk.person()];
        await entered(id, who);
        return walk.call('POST', `/giveaways/${id}/referral-code`, who);
      },
    ],
    [
      'entry_not_found',
      'another look at the entry of somebody else',
      async () => {
        const id = await entered(await open(), await walk.person());
        return walk.call('POST', `/entries/${id}/verify`, await walk.person());
      },
    ],
    [
      'entry_not_verifiable',
      'another look at what nobody confirms',
      async () => {
        const who = await walk.person();
        const id = await entered(await open(), who);
        return walk.call('POST', `/entries/${id}/verify`, who);
      },
    ],
    [
      'giveaway_closed',
      'another look after the deadline',
      async () => {
        const [giveawayId, who] = [await many(), await walk.person()];
        const id = await entered(giveawayId, who, 'follow', { account: '@me' });
        await passDeadline(walk.db, giveawayId);
        return walk.call('POST', `/entries/${id}/verify`, who);
      },
    ],
  ]);
});
