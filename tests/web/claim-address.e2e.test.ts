import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '../../scripts/demo/watch.ts';
import { expectStatus } from '../../scripts/stack/http-client.ts';
import { claimTokenIn, mailTruth } from '../support/mail-relay.ts';
import { setModeScene, type ModeScene } from '../support/modes.ts';
import { startTestStack, type TestStack } from '../support/test-stack.ts';
import { startBrowser, takePictures, visit } from './browser.ts';

const ADDRESS = {
  Name: 'Wanda Winner',
  'Street and number': 'Beech Lane 7',
  'Postal code': 'LS1 4AP',
  City: 'Leeds',
  'Country, as two capitals': 'GB',
} as const;

describe('the page that asks where a prize is to be sent to', () => {
  let test: TestStack;
  let scene: ModeScene;
  let browser: Browser;
  let giveawayId: string;
  let link: string;

  const fill = async (page: Page, change: Partial<Record<keyof typeof ADDRESS, string>> = {}): Promise<void> => {
    for (const [label, value] of Object.entries({ ...ADDRESS, ...change })) await page.getByLabel(label).fill(value);
  };
  const deliveries = async (): Promise<string> => {
    const path = `/v1/giveaways/${giveawayId}/deliveries.csv`;
    return expectStatus(await scene.giveaways('GET', path, { token: scene.host.token }), 200).text;
  };

  beforeAll(async () => {
    test = await startTestStack({ SWEEP_INTERVAL_MS: '1000' });
    scene = await setModeScene(test.stack);
    browser = await startBrowser();
    const token = test.stack.environment['MAIL_SIMULATOR_ADMIN_TOKEN'] ?? '';
    const mails = mailTruth(test.stack.applicationUrl('mail-simulator'), token);
    const bicycle = { kind: 'physical', name: 'Bicycle', description: 'A red one', amountMinor: '50000' };
    giveawayId = await scene.open({ drawBy: 'either', prizes: [bicycle] });
    await scene.enter(giveawayId, 1);
    expectStatus(await scene.giveaways('POST', `/v1/giveaways/${giveawayId}/draw`, { token: scene.host.token }), 202);
    const won = async () => (await mails.messages()).find(({ subject }) => subject.startsWith('You have won'));
    await waitFor('the mail', async () => (await won()) !== undefined);
    const mail = await won();
    if (!mail) throw new Error('the mail has gone');
    link = `${test.stack.applicationUrl('giveaway-api')}/claim#${claimTokenIn(mail)}`;
    await scene.reaches(giveawayId, 'FULFILLING');
  });
  afterAll(async () => {
    await browser?.close();
    await test.stop();
  });

  it('sends nothing before the form is filled, and says which field is wrong', async () => {
    const { page, problems } = await visit(browser, link);
    await page.getByText('You have won.').waitFor();
    await page.getByText('Bicycle').waitFor();
    expect(await takePictures(page, 'claim-address-empty')).toBe(false);
    const claim = page.getByRole('button', { name: 'Claim it' });
    await claim.click();
    expect(await page.evaluate('document.activeElement.name')).toBe('name');
    await fill(page, { 'Country, as two capitals': 'England' });
    await claim.click();
    expect(await page.evaluate('document.activeElement.name')).toBe('country');
    expect(await deliveries()).not.toContain('Beech Lane');

    await fill(page, { 'Postal code': '# 12' });
    await claim.click();
    await page.getByText('Postal code: expected a postal code.').waitFor();
    expect(await page.getByLabel('Postal code').getAttribute('aria-invalid')).toBe('true');
    expect(await page.getByLabel('City').inputValue()).toBe('Leeds');
    expect(await takePictures(page, 'claim-address-wrong')).toBe(false);
    expect(await deliveries()).not.toContain('Beech Lane');
    // The browser itself says that a call was refused.
    expect(problems.filter((text) => !text.includes('400'))).toEqual([]);
    await page.close();
  });

  it('claims with the address, which the host has then, and shows how far the prize has come', async () => {
    const { page, problems } = await visit(browser, link);
    await page.getByText('You have won.').waitFor();
    await fill(page);
    expect(await takePictures(page, 'claim-address-filled')).toBe(false);
    await page.getByRole('button', { name: 'Claim it' }).click();
    await page.getByText('Claimed. The host sends it to you').waitFor();
    expect(await page.getByLabel('City').isVisible()).toBe(false);
    expect(await takePictures(page, 'claim-address-claimed')).toBe(false);
    expect(await deliveries()).toContain('1,Bicycle,VERIFIED,ADDRESSED,Wanda Winner,Beech Lane 7,,Leeds,,LS1 4AP,GB');

    const { body: giveaway } = await scene.giveaways('GET', `/v1/giveaways/${giveawayId}`);
    const shipment = `/v1/giveaways/${giveawayId}/awards/${giveaway.winners[0].awardId}/shipment`;
    const body = { carrier: 'Royal Mail', trackingNumber: 'RM123' };
    expectStatus(await scene.giveaways('PUT', shipment, { token: scene.host.token, body }), 200);
    await page.reload();
    await page.getByText('Sent with Royal Mail: RM123').waitFor();
    expect(await takePictures(page, 'claim-address-sent')).toBe(false);
    expect(problems).toEqual([]);
    await page.close();
  });
});
