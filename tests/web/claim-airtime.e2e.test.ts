import fs from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { logIn, registerPerson, type Person } from '../../scripts/demo/people.ts';
import { waitFor } from '../../scripts/demo/watch.ts';
import { expectStatus } from '../../scripts/stack/http-client.ts';
import { query } from '../../scripts/stack/postgres.ts';
import { airtimeProvider, type AirtimeProvider } from '../support/airtime-provider.ts';
import { withTemporal } from '../support/lost-workflows.ts';
import { claimTokenIn, mailTruth } from '../support/mail-relay.ts';
import { setModeScene, type ModeScene } from '../support/modes.ts';
import { replayHistories } from '../support/replay.ts';
import { startTestStack, type TestStack } from '../support/test-stack.ts';
import { startBrowser, takePictures, visit } from './browser.ts';

/** All numbers begin so; the rest of each is of its own. */
const NUMBER = '202555014';
const [FIRST, SECOND, OTHER, LOST] = ['+1 202 555 0142', '+1 202 555 0143', '+1 202 555 0144', '+1 202 555 0145'];
const WINNERS = 3;

/** Whose link it is; only who signs it can change that. */
const winnerIn = (token: string): string =>
  (JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')) as string[])[1] ?? '';

interface Link {
  readonly person: Person;
  readonly token: string;
}

describe('the page that asks which phone is to be topped up', () => {
  let test: TestStack;
  let scene: ModeScene;
  let browser: Browser;
  let provider: AirtimeProvider;
  let links: Link[];

  const open = (index: number) =>
    visit(browser, `${test.stack.applicationUrl('giveaway-api')}/claim#${tokenOf(index)}`);
  const tokenOf = (index: number): string => links[index]?.token ?? '';
  const number = (page: Page) => page.getByLabel('Phone number');
  const post = async (url: string, body: object, key: string = crypto.randomUUID()) => {
    const headers = { 'content-type': 'application/json', 'idempotency-key': key };
    const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
    return { status: response.status, body: (await response.json()) as Record<string, never> };
  };
  const grantOf = async (index: number): Promise<{ url: string; grant: string }> => {
    const url = `${test.stack.applicationUrl('giveaway-api')}/v1/claim-links/read`;
    return (await post(url, { token: tokenOf(index) })).body['topUp'] as unknown as { url: string; grant: string };
  };
  const arrivedOn = async (phone: string): Promise<string[]> =>
    (await provider.truth()).effects
      .filter((one) => one.phone === phone.replaceAll(' ', ''))
      .map(({ effect }) => effect);

  beforeAll(async () => {
    test = await startTestStack({ SWEEP_INTERVAL_MS: '1000', AIRTIME_LOOK_UP_DELAYS_MS: '300,600' });
    scene = await setModeScene(test.stack);
    browser = await startBrowser();
    const { environment } = test.stack;
    provider = airtimeProvider(
      test.stack.applicationUrl('airtime-simulator'),
      environment['AIRTIME_SIMULATOR_ADMIN_TOKEN'] ?? '',
    );
    const prize = { kind: 'airtime', ...(await openShop()), amountMinor: '1000', quantity: WINNERS };
    const giveawayId = await scene.open({ drawBy: 'either', prizes: [prize] });
    const people = await scene.enter(giveawayId, WINNERS);
    expectStatus(await scene.giveaways('POST', `/v1/giveaways/${giveawayId}/draw`, { token: scene.host.token }), 202);
    const mails = mailTruth(
      test.stack.applicationUrl('mail-simulator'),
      environment['MAIL_SIMULATOR_ADMIN_TOKEN'] ?? '',
    );
    const won = async () => (await mails.messages()).filter(({ subject }) => subject.startsWith('You have won'));
    await waitFor('the mails', async () => (await won()).length === WINNERS);
    const tokens = (await won()).map(claimTokenIn);
    links = people.map((person) => ({ person, token: tokens.find((token) => winnerIn(token) === person.id) ?? '' }));
  });
  afterAll(async () => {
    await browser?.close();
    await test.stop();
  });

  async function openShop(): Promise<object> {
    const { BOOTSTRAP_ADMIN_EMAIL: email = '', BOOTSTRAP_ADMIN_PASSWORD: password = '' } = test.stack.environment;
    const owner = await registerPerson(scene.giveaways, 'Rita Reseller', ['merchant']);
    const body = { name: 'Airtime', payoutAccount: 'acct_airtime', ownerId: owner.id };
    const admin = await logIn(scene.giveaways, email, password);
    const shop = expectStatus(await scene.cards('POST', '/v1/airtime/merchants', { token: admin, body }), 201).body;
    const item = { name: 'Airtime', currency: 'USD', minMinor: '100', maxMinor: '5000', operators: ['capital-us'] };
    const items = `/v1/merchants/${shop.id}/catalogue-items`;
    const { id } = expectStatus(await scene.cards('POST', items, { token: owner.token, body: item }), 201).body;
    return { merchantId: shop.id, catalogueItemId: id };
  }

  it('says what is wrong with a number before anything is claimed, then claims and tops up that phone once', async () => {
    const { page, problems } = await open(0);
    await page.getByText('You have won. Say which phone is to be topped up').waitFor();
    await page.getByText('Airtime of').waitFor();
    expect(await takePictures(page, 'claim-airtime-empty')).toBe(false);
    const claim = page.getByRole('button', { name: 'Claim it' });
    for (const [typed, said] of [
      ['', 'Phone number: begin with + and the country'],
      ['2025550142', 'Phone number: begin with + and the country'],
      ['+1 202 555 014', 'Phone number: This is no phone number with its country'],
      ['+44 20 7946 0958', 'Phone number: Nobody who could be topped up has this number'],
      ['+49 151 12345678', 'Phone number: A phone of Rhein Mobil (DE) cannot be topped up with this prize'],
    ] as const) {
      await number(page).fill(typed);
      await claim.click();
      await page.getByText(said).waitFor();
      expect(await number(page).getAttribute('aria-invalid')).toBe('true');
      expect(await page.evaluate('document.activeElement.name')).toBe('phone');
    }
    expect(await takePictures(page, 'claim-airtime-wrong')).toBe(false);
    expect((await scene.awardsOf(links[0]?.person as Person))[0].state).toBe('NOTIFIED');

    await number(page).fill(FIRST);
    expect(await takePictures(page, 'claim-airtime-filled')).toBe(false);
    await number(page).press('Enter');
    await page.getByText('Your phone has been topped up. Its number ends in 42.').waitFor();
    expect(await number(page).isVisible()).toBe(false);
    expect(await takePictures(page, 'claim-airtime-delivered')).toBe(false);
    expect(await arrivedOn(FIRST)).toEqual(['delivered']);
    expect((await scene.awardsOf(links[0]?.person as Person))[0].state).toBe('FULFILLED');
    // Another number, or the same: it is the wish that stands.
    const { url, grant } = await grantOf(0);
    for (const phone of [FIRST, OTHER]) {
      const again = await post(url, { grant, phone });
      expect(again).toMatchObject({ status: 201, body: { topUp: { state: 'DELIVERED' } } });
    }
    expect(await arrivedOn(OTHER)).toEqual([]);
    await page.reload();
    await page.getByText('Its number ends in 42.').waitFor();
    // The browser itself says that calls were refused.
    expect(problems.filter((text) => !text.includes('422'))).toEqual([]);
    await page.close();
  });

  it('asks for another number when the provider refused one, and shows what takes its time', async () => {
    await provider.fault({ match: { operation: 'send', phone: SECOND.replaceAll(' ', '') }, kind: 'refuse' });
    const { page, problems } = await open(1);
    await number(page).fill(SECOND);
    await page.getByRole('button', { name: 'Claim it' }).click();
    await page.getByText('That phone could not be topped up. Nothing is lost').waitFor();
    expect(await takePictures(page, 'claim-airtime-refused')).toBe(false);
    await provider.fault({
      match: { operation: 'send', phone: OTHER.replaceAll(' ', '') },
      kind: 'pending',
      afterMs: 20_000,
    });
    await number(page).fill(OTHER);
    await page.getByRole('button', { name: 'Top it up' }).click();
    await page.getByText('Your phone is being topped up. Its number ends in 44.').waitFor();
    expect(await takePictures(page, 'claim-airtime-under-way')).toBe(false);
    await page.getByText('Your phone has been topped up.').waitFor();
    expect([await arrivedOn(SECOND), await arrivedOn(OTHER)]).toEqual([[], ['delivered']]);
    expect(problems).toEqual([]);
    await page.close();
  });

  it('is one top-up of the link’s own award, however often and at once it is asked for', async () => {
    const claim = `${test.stack.applicationUrl('giveaway-api')}/v1/claim-links/claim`;
    const { url, grant } = await grantOf(2);
    // Before it is claimed nobody has it.
    expect((await post(url, { grant, phone: LOST })).body['code']).toBe('card_not_found');
    expect((await post(claim, { token: tokenOf(2) })).status).toBe(201);
    const person = links[2]?.person as Person;
    await waitFor('the card', async () => (await scene.awardsOf(person))[0].state === 'FULFILLED');
    const { page, problems } = await open(2);
    await page.getByText('It is yours. Say which phone is to be topped up.').waitFor();
    expect(await page.getByRole('button', { name: 'Claim it' }).isVisible()).toBe(false);
    expect(await takePictures(page, 'claim-airtime-yours')).toBe(false);
    expect(problems).toEqual([]);
    await page.close();
    const [phones, same] = [Array.from({ length: 8 }, (_, index) => (index % 2 === 0 ? LOST : SECOND)), 'same'];
    const answers = await Promise.all(phones.map((phone, index) => post(url, { grant, phone }, `${same}-${index}`)));
    const vends = new Set(answers.map(({ body }) => (body['topUp'] as { vendId: string } | undefined)?.vendId));
    expect(vends.size).toBe(1);
    await waitFor('the airtime', async () => [...(await arrivedOn(LOST)), ...(await arrivedOn(SECOND))].length > 0);
    expect([...(await arrivedOn(LOST)), ...(await arrivedOn(SECOND))]).toEqual(['delivered']);

    const [head, body, signature = ''] = grant.split('.');
    const forged = [head, body, signature.replaceAll(/./g, 'A')].join('.');
    expect((await post(url, { grant: forged, phone: LOST })).body['code']).toBe('token_invalid');
    expect((await post(url, { grant: person.token, phone: LOST })).body['code']).toBe('token_invalid');
    const mine = `/v1/gift-cards/${(await scene.awardsOf(person))[0].cardId}/top-ups`;
    expectStatus(await scene.cards('GET', mine, { token: person.token }), 200);
    expect((await scene.cards('GET', mine, { token: grant })).body.code).toBe('token_invalid');
  });

  it('keeps the number in its row alone', async () => {
    await withTemporal(test.stack, async (clients) => {
      for (const client of [clients.giftcard, clients.giveaway]) {
        const { texts, failures } = await replayHistories(client);
        expect(failures).toEqual([]);
        expect(texts.filter((text) => text.includes(NUMBER))).toEqual([]);
      }
    });
    for (const name of ['GIFTCARD', 'GIVEAWAY']) {
      const url = test.stack.environment[`DATABASE_URL_${name}`] ?? '';
      const tables = (await query(
        url,
        `select table_name as name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'`,
      )) as { name: string }[];
      for (const table of tables)
        expect(await query(url, `select from "${table.name}" t where t::text like '%${NUMBER}%'`), table.name).toEqual(
          [],
        );
    }
    for (const name of ['giftcard-api', 'giveaway-api', 'worker'])
      expect(fs.readFileSync(test.stack.processes.logFile(name), 'utf8')).not.toContain(NUMBER);
  });
});
