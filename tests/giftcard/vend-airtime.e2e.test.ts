import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { runAudit } from '../../scripts/audit/main.ts';
import { logIn, registerFinance, registerPerson, type Person } from '../../scripts/demo/people.ts';
import { waitFor } from '../../scripts/demo/watch.ts';
import { query } from '../../scripts/stack/postgres.ts';
import { expectStatus, type Answer, type ApiClient } from '../../scripts/stack/http-client.ts';
import { vendAirtimeId } from '../../workflows/giftcard/airtime.contract.ts';
import { airtimeProvider, type AirtimeProvider } from '../support/airtime-provider.ts';
import { withTemporal } from '../support/lost-workflows.ts';
import { setModeScene, type ModeScene } from '../support/modes.ts';
import { replayHistories } from '../support/replay.ts';
import { startTestStack, type TestStack } from '../support/test-stack.ts';

const WINNERS = 11;
/** Their numbers differ in the last two digits. */
const NUMBER = '20255501';

/** A winner with the card that he won, and a phone of his own. */
interface Winner {
  readonly person: Person;
  readonly awardId: string;
  readonly cardId: string;
  readonly phone: string;
}

describe('airtime that somebody has won', () => {
  let test: TestStack;
  let scene: ModeScene;
  let provider: AirtimeProvider;
  let finance: readonly [Person, Person];
  let owner: Person;
  let merchantId: string;
  let winners: Winner[];
  let cards: ApiClient;

  beforeAll(async () => {
    test = await startTestStack({
      SWEEP_INTERVAL_MS: '1000',
      OWNER_SWEEP_AFTER_MS: '4000',
      AIRTIME_TIMEOUT_MS: '1500',
      AIRTIME_LOOK_UP_DELAYS_MS: '200,400,800',
      AIRTIME_GIVE_UP_MS: '6000',
      AIRTIME_FLOAT_DELAYS_MS: '300',
    });
    const { environment } = test.stack;
    scene = await setModeScene(test.stack);
    ({ cards } = scene);
    const token = environment['AIRTIME_SIMULATOR_ADMIN_TOKEN'] ?? '';
    provider = airtimeProvider(test.stack.applicationUrl('airtime-simulator'), token);
    finance = [
      await registerFinance(scene.giveaways, environment),
      await registerFinance(scene.giveaways, environment),
    ];
    await openShop();
    winners = await winAll();
  });
  beforeEach(() => provider.clearFaults());
  afterAll(() => test.stop());

  async function openShop(): Promise<void> {
    const { BOOTSTRAP_ADMIN_EMAIL: email = '', BOOTSTRAP_ADMIN_PASSWORD: password = '' } = test.stack.environment;
    const admin = await logIn(scene.giveaways, email, password);
    owner = await registerPerson(scene.giveaways, 'Rita Reseller', ['merchant']);
    const body = { name: 'Airtime', payoutAccount: 'acct_airtime', ownerId: owner.id };
    const register = (token: string, change: object = {}) =>
      cards('POST', '/v1/airtime/merchants', { token, body: { ...body, ...change } });
    expectStatus(await register(owner.token), 403);
    expect((await register(admin, { payoutSchedule: 'instant' })).body.code).toBe('validation_failed');
    merchantId = expectStatus(await register(admin), 201).body.id;
  }

  async function winAll(): Promise<Winner[]> {
    const items = `/v1/merchants/${merchantId}/catalogue-items`;
    const item = { name: 'Airtime', currency: 'USD', minMinor: '100', maxMinor: '5000' };
    const offer = (change: object) => cards('POST', items, { token: owner.token, body: { ...item, ...change } });
    expect((await offer({})).body.code).toBe('catalogue_operators_invalid');
    const catalogueItemId = expectStatus(await offer({ operators: ['capital-us'] }), 201).body.id as string;
    const prize = { kind: 'airtime', merchantId, catalogueItemId, amountMinor: '1000', quantity: WINNERS };
    await refusesWrongKinds(prize);
    const giveawayId = await scene.open({ drawBy: 'either', claims: 'automatic', prizes: [prize] });
    const rules = (await scene.giveaways('GET', `/v1/giveaways/${giveawayId}/rules`)).text;
    expect(rules).toContain(`Airtime: ${WINNERS} of airtime of`);
    const people = await scene.enter(giveawayId, WINNERS);
    const draw = await scene.giveaways('POST', `/v1/giveaways/${giveawayId}/draw`, { token: scene.host.token });
    expectStatus(draw, 202);
    await scene.reaches(giveawayId, 'COMPLETED');
    const won: Winner[] = [];
    for (const [index, person] of people.entries()) {
      const [award] = await scene.awardsOf(person);
      expect(award).toMatchObject({ state: 'FULFILLED', prize: { kind: 'airtime' } });
      won.push({ person, awardId: award?.awardId, cardId: award?.cardId, phone: `+1${NUMBER}${10 + index}` });
    }
    return won;
  }

  /** A kind that does not fit its merchant: the publish fails, and the wallet is whole. */
  async function refusesWrongKinds(prize: { quantity: number }): Promise<void> {
    const { host, giveaways } = scene;
    const publish = async (one: object) => {
      const draft = {
        title: 'T',
        currency: 'USD',
        closesAt: new Date(Date.now() + 600_000).toISOString(),
        prizes: [one],
      };
      const { body } = expectStatus(await giveaways('POST', '/v1/giveaways', { token: host.token, body: draft }), 201);
      return (await giveaways('POST', `/v1/giveaways/${body.id}/publish`, { token: host.token })).body.code;
    };
    expect(await publish({ ...prize, quantity: 1, kind: 'gift_card' })).toBe('catalogue_item_is_airtime');
    expect(await publish({ ...scene.prize('Books'), kind: 'airtime' })).toBe('catalogue_item_not_airtime');
    const { body: wallet } = await giveaways('GET', '/v1/wallet', { token: host.token });
    expect(wallet.data[0].availableMinor).toBe('60000');
  }

  const topUp = ({ person, cardId, phone }: Winner, body: object = {}, key?: string) => {
    const options = { token: person.token, body: { phone, ...body }, ...(key === undefined ? {} : { key }) };
    return cards('POST', `/v1/gift-cards/${cardId}/top-ups`, options);
  };
  const begin = async (winner: Winner, body: object = {}): Promise<string> => {
    const key = randomUUID();
    let answer: Answer | undefined;
    // Whoever does not hear in time whose number it is says so, and is asked again.
    await waitFor('the top-up to begin', async () => (answer = await topUp(winner, body, key)).status !== 503);
    return expectStatus(answer as Answer, 201).body.vendId;
  };
  const read = async ({ person }: Winner, vendId: string) =>
    expectStatus(await cards('GET', `/v1/top-ups/${vendId}`, { token: person.token }), 200).body;
  const reaches = (winner: Winner, vendId: string, state: string) =>
    waitFor(`the top-up to be ${state}`, async () => (await read(winner, vendId)).state === state);
  const ends = (winner: Winner, vendId: string, state: 'DELIVERED' | 'FAILED_DEFINITE') =>
    waitFor(`the top-up to be ${state}`, async () => (await endOrAskAgain(winner, vendId)) === state);
  const remainingOf = async ({ person, cardId }: Winner): Promise<string> =>
    (await cards('GET', `/v1/gift-cards/${cardId}`, { token: person.token })).body.remainingMinor;
  const effectsOn = async ({ phone }: Winner) =>
    (await provider.truth()).effects.filter((one) => one.phone === phone).map(({ effect }) => effect);
  const winner = (index: number): Winner => winners[index] as Winner;
  const ofFinance = async (vendId: string) =>
    expectStatus(await cards('GET', `/v1/finance/top-ups/${vendId}`, { token: finance[0].token }), 200).body;

  it('says whose number it is, and refuses what does not fit', async () => {
    const one = winner(0);
    const lookUp = (phone: string) =>
      cards('POST', '/v1/airtime/operators/look-up', { token: one.person.token, body: { phone } });
    expect(expectStatus(await lookUp(one.phone), 200).body).toMatchObject({
      id: 'capital-us',
      country: 'US',
      offer: { kind: 'range', minMinor: '100' },
    });
    expect((await lookUp('12345')).body.code).toBe('phone_invalid');
    expect((await lookUp('+442079460958')).body.code).toBe('airtime_operator_unknown');
    const refused = async (body: object) => (await topUp(one, body)).body.code;
    expect(await refused({ phone: '2025550110' })).toBe('phone_invalid');
    expect(await refused({ phone: '+13055550110' })).toBe('airtime_operator_not_served');
    expect(await refused({ phone: '+4915112345678' })).toBe('airtime_operator_not_served');
    expect(await refused({ amountMinor: '99' })).toBe('catalogue_amount_not_offered');
    expect(await refused({ amountMinor: '1001' })).toBe('card_over_redemption');
    const stranger = winner(1).person;
    expect((await topUp({ ...one, person: stranger })).body.code).toBe('card_not_found');
    await provider.fault({ match: { operation: 'operator' }, kind: 'error' });
    expectStatus(await topUp(one), 503);
    expect(await remainingOf(one)).toBe('1000');
    expect((await provider.truth()).topUps).toEqual([]);
  });

  it('is delivered once, in parts, and is nobody else’s to redeem or to see', async () => {
    const one = winner(0);
    const first = expectStatus(await topUp(one, { amountMinor: '400' }, 'same'), 201);
    const again = expectStatus(await topUp(one, { amountMinor: '400' }, 'same'), 201);
    const { vendId } = first.body;
    expect(again.body).toEqual(first.body);
    await ends(one, vendId, 'DELIVERED');
    expect(await remainingOf(one)).toBe('600');
    expect(await read(one, vendId)).toMatchObject({ phone: one.phone, amountMinor: '400', operator: 'capital-us' });
    const stranger = { token: winner(1).person.token };
    expect((await cards('GET', `/v1/top-ups/${vendId}`, stranger)).body.code).toBe('airtime_vend_not_found');
    expectStatus(await cards('GET', `/v1/gift-cards/${one.cardId}/top-ups`, stranger), 404);
    const reveal = await cards('POST', `/v1/gift-cards/${one.cardId}/reveal-code`, { token: one.person.token });
    const body = { merchantId, code: reveal.body.code as string };
    const till = await cards('POST', '/v1/redemptions', { token: owner.token, body });
    expect(till.body.code).toBe('merchant_sells_airtime');
    const rest = await begin(one);
    await ends(one, rest, 'DELIVERED');
    expect(await remainingOf(one)).toBe('0');
    const list = await cards('GET', `/v1/gift-cards/${one.cardId}/top-ups`, { token: one.person.token });
    expect(list.body.data.map(({ amountMinor }: { amountMinor: string }) => amountMinor)).toEqual(['600', '400']);
    expect(await effectsOn(one)).toEqual(['delivered', 'delivered']);
  });

  it('is asked about under its own id when nobody knows, and never sent twice', async () => {
    const [late, lost] = [winner(1), winner(2)];
    await provider.fault({ match: { operation: 'send', phone: late.phone }, kind: 'timeout', effect: 'after' });
    await provider.fault({ match: { operation: 'send', phone: lost.phone }, kind: 'appear_late', afterMs: 1_500 });
    const vendIds = [await begin(late), await begin(lost)] as const;
    await ends(late, vendIds[0], 'DELIVERED');
    await ends(lost, vendIds[1], 'DELIVERED');
    expect([await effectsOn(late), await effectsOn(lost)]).toEqual([['delivered'], ['delivered']]);
  });

  it('makes the card whole again when it is refused, and says why', async () => {
    const one = winner(3);
    await provider.fault({ match: { operation: 'send', phone: one.phone }, kind: 'refuse', code: 'line_blocked' });
    const vendId = await begin(one);
    await ends(one, vendId, 'FAILED_DEFINITE');
    expect(await read(one, vendId)).toMatchObject({ failureCode: 'line_blocked', phone: null });
    expect(await remainingOf(one)).toBe('1000');
    await provider.fault({
      match: { operation: 'send', phone: one.phone },
      kind: 'pending',
      becomes: 'failed',
      afterMs: 500,
    });
    const later = await begin(one);
    await ends(one, later, 'FAILED_DEFINITE');
    await ends(one, await begin(one), 'DELIVERED');
    expect(await effectsOn(one)).toEqual(['delivered']);
  });

  it('waits for float by itself, and goes on with the next intent', async () => {
    const one = winner(4);
    await provider.float('USD', '500');
    const vendId = await begin(one);
    await reaches(one, vendId, 'WAITING_FOR_FLOAT');
    await provider.float('USD', '1000000');
    await ends(one, vendId, 'DELIVERED');
    const last = async () => (await ofFinance(vendId)).intents.at(-1);
    await waitFor('the provider’s word', async () => (await last()).provider.kind === 'delivered');
    expect(await last()).toMatchObject({ state: 'DELIVERED' });
    expect((await ofFinance(vendId)).intents.length).toBeGreaterThan(1);
    expect(await effectsOn(one)).toEqual(['delivered']);
  });

  it('brings the value back onto the card when it was taken back, and only then', async () => {
    const one = winner(5);
    const vendId = await begin(one);
    await ends(one, vendId, 'DELIVERED');
    await provider.reverse((await ofFinance(vendId)).intents.at(-1).intentId);
    await reaches(one, vendId, 'REVERSED');
    await waitFor('the value', async () => (await remainingOf(one)) === '1000');
    await ends(one, await begin(one), 'DELIVERED');
    expect(await effectsOn(one)).toEqual(['delivered', 'reversed', 'delivered']);
    const forged = await cards('POST', '/v1/webhooks/airtime', { body: { type: 'top_up.reversed', data: {} } });
    expect(forged.body.code).toBe('webhook_signature_invalid');
  });

  it('is parked when nobody can say for long, and decided once; the provider’s word counts more', async () => {
    const [silent, gone] = [winner(6), winner(7)];
    for (const { phone } of [silent, gone])
      await provider.fault({ match: { operation: 'send', phone }, kind: 'timeout', effect: 'after' });
    await provider.fault({ match: { operation: 'look_up' }, kind: 'error', times: 1_000 });
    const vendIds = [await begin(silent), await begin(gone)] as const;
    for (const [index, one] of [silent, gone].entries())
      await reaches(one, vendIds[index] as string, 'NEEDS_ATTENTION');
    const parked = await cards('GET', '/v1/finance/top-ups?state=needs_attention', { token: finance[0].token });
    expect(parked.body.data.map(({ vendId }: { vendId: string }) => vendId).toSorted()).toEqual(vendIds.toSorted());
    const decide = (vendId: string, what: string, person: Person, caseNumber = 1) => {
      const body = { caseNumber, reason: 'they were asked by telephone' };
      return cards('POST', `/v1/finance/top-ups/${vendId}/${what}`, { token: person.token, body });
    };
    expect((await decide(vendIds[0], 'retry', finance[0], 7)).body.code).toBe('case_changed');
    expect((await decide(vendIds[0], 'take-as-failed', finance[0], 7)).body.code).toBe('case_changed');
    expectStatus(await decide(vendIds[0], 'take-as-failed', finance[0]), 200);
    expectStatus(await decide(vendIds[0], 'take-as-failed', finance[0]), 200);
    expectStatus(await decide(vendIds[0], 'take-as-failed', finance[1]), 202);
    await reaches(silent, vendIds[0], 'FAILED_DEFINITE');
    expect(await remainingOf(silent)).toBe('1000');

    await provider.clearFaults();
    expectStatus(await decide(vendIds[1], 'take-as-failed', finance[0]), 200);
    expectStatus(await decide(vendIds[1], 'take-as-failed', finance[1]), 202);
    await reaches(gone, vendIds[1], 'DELIVERED');
    expect((await decide(vendIds[1], 'retry', finance[0])).body.code).toBe('case_not_open');
    expect(await effectsOn(gone)).toEqual(['delivered']);
  });

  it('goes on when its workflow was lost', async () => {
    const one = winner(8);
    await provider.fault({ match: { operation: 'send', phone: one.phone }, kind: 'pending', afterMs: 8_000 });
    const vendId = await begin(one);
    await reaches(one, vendId, 'UNKNOWN');
    await withTemporal(test.stack, ({ giftcard }) =>
      giftcard.workflow.getHandle(vendAirtimeId(vendId)).terminate('lost'),
    );
    await ends(one, vendId, 'DELIVERED');
    expect(await effectsOn(one)).toEqual(['delivered']);
  });

  it('is delivered once when the worker dies after the provider has done it', async () => {
    const one = winner(9);
    await provider.fault({ match: { operation: 'send', phone: one.phone }, kind: 'timeout', effect: 'after' });
    const vendId = await begin(one);
    await waitFor('the effect', async () => (await effectsOn(one)).length > 0);
    await test.stack.kill('worker');
    await test.stack.startApplication('worker');
    await ends(one, vendId, 'DELIVERED');
    expect(await effectsOn(one)).toEqual(['delivered']);
  });

  it('is delivered at most once under a mix of faults, and the card pays for what was', async () => {
    const one = winner(10);
    const send = { timeout_after: 0.1, error_before: 0.1, error_after: 0.1, refuse: 0.1, pending: 0.1, low_float: 0.1 };
    await provider.mix({ seed: 7, send: { ...send, appear_late: 0.2 }, look_up: { error_before: 0.2 }, afterMs: 500 });
    const vendIds = await Promise.all(
      Array.from({ length: 9 }, () => begin(one, { amountMinor: '100', operator: 'capital-us' })),
    );
    const states: string[] = [];
    for (const vendId of vendIds) {
      await waitFor('an end', async () => ['DELIVERED', 'FAILED_DEFINITE'].includes(await endOrAskAgain(one, vendId)));
      states.push((await read(one, vendId)).state);
    }
    const delivered = states.filter((state) => state === 'DELIVERED').length;
    expect(await effectsOn(one)).toEqual(Array.from({ length: delivered }, () => 'delivered'));
    expect(await remainingOf(one)).toBe(String(1_000 - 100 * delivered));
    expect(delivered).toBeGreaterThan(0);
  });

  /** On a busy machine the breaker may stay open for as long as anybody waits here: then finance has it asked again. */
  async function endOrAskAgain(one: Winner, vendId: string): Promise<string> {
    const { state } = await read(one, vendId);
    if (state === 'NEEDS_ATTENTION') {
      const { token } = finance[0];
      const { caseNumber } = expectStatus(await cards('GET', `/v1/finance/top-ups/${vendId}`, { token }), 200).body;
      const body = { caseNumber, reason: 'the provider answers again' };
      await cards('POST', `/v1/finance/top-ups/${vendId}/retry`, { token, body });
    }
    return state;
  }

  it('forgets the number of whoever is erased', async () => {
    const { person, cardId } = winner(0);
    const body = { password: 'correct horse battery', abandonPrizes: true };
    expectStatus(await scene.giveaways('POST', '/v1/users/me/erasure', { token: person.token, body }), 200);
    const url = test.stack.environment['DATABASE_URL_GIFTCARD'] ?? '';
    const kept = `select from airtime_vends where card_id = '${cardId}' and phone_sealed is not null`;
    expect((await query(url, `select from airtime_vends where card_id = '${cardId}'`)).length).toBe(2);
    await waitFor('the numbers to be erased', async () => (await query(url, kept)).length === 0);
  });

  it('keeps every invariant, and no number is in a history, an event, a key or a log', async () => {
    expect((await runAudit(test.stack.environment)).filter(({ broken }) => broken > 0)).toEqual([]);
    await withTemporal(test.stack, async (clients) => {
      const replayed = await replayHistories(clients.giftcard);
      expect(replayed.failures).toEqual([]);
      expect(replayed.types).toEqual(expect.arrayContaining(['forgetHolders', 'reverseAirtime', 'vendAirtime']));
      expect(replayed.texts.filter((text) => text.includes(NUMBER))).toEqual([]);
    });
    const url = test.stack.environment['DATABASE_URL_GIFTCARD'] ?? '';
    for (const table of ['domain_events', 'idempotency_keys', 'airtime_vends', 'alerts', 'provider_webhooks']) {
      const rows = await query(url, `select t::text from ${table} t where t::text like '%${NUMBER}%'`);
      expect(rows, table).toEqual([]);
    }
    for (const name of ['giftcard-api', 'worker'])
      expect(fs.readFileSync(test.stack.processes.logFile(name), 'utf8')).not.toContain(NUMBER);
  });
});
