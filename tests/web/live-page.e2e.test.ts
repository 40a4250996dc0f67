import path from 'node:path';
import chromiumPackage from '@sparticuz/chromium';
import { chromium, type Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { setScene, type Scene } from '../support/scene.ts';
import { startTestStack, type TestStack } from '../support/test-stack.ts';

const PHONE = { width: 390, height: 844 };

describe('the live page in a browser', () => {
  let test: TestStack;
  let scene: Scene;
  let browser: Browser;

  beforeAll(async () => {
    test = await startTestStack();
    const flags = ['--no-sandbox', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
    browser = await chromium.launch({
      executablePath: await chromiumPackage.executablePath(),
      args: [...chromiumPackage.args, ...flags],
      headless: true,
    });
    scene = await setScene(test.stack, { deadlineMs: 20_000, participants: 3 });
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await test.stop();
  });

  it('counts down, shows who takes part, and reveals the winners by itself', async () => {
    const page = await browser.newPage({ viewport: PHONE });
    const problems: string[] = [];
    page.on('pageerror', (error) => problems.push(error.message));
    page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
    await page.goto(`${test.stack.applicationUrl('giveaway-api')}/live/${scene.giveawayId}`);
    await page.getByText('Open for entries').waitFor();
    await page.getByText('Live', { exact: true }).waitFor();
    expect(await page.locator('#title').textContent()).toBe('Three book cards');
    expect(await page.locator('#participants').textContent()).toBe('3');
    expect(await page.locator('#prizes li').count()).toBe(3);
    const before = await page.locator('#seconds').textContent();
    await expect.poll(() => page.locator('#seconds').textContent()).not.toBe(before);
    await page.screenshot({ path: screenshot('countdown') });
    await page.getByRole('heading', { name: 'Winners' }).waitFor({ timeout: 30_000 });
    await expect.poll(() => page.locator('#winners li').count()).toBe(3);
    await page.screenshot({ path: screenshot('reveal'), fullPage: true });
    expect(problems).toEqual([]);
  }, 90_000);

  it('says so when there is no such giveaway', async () => {
    const page = await browser.newPage();
    await page.goto(`${test.stack.applicationUrl('giveaway-api')}/live/00000000-0000-4000-8000-000000000000`);
    await page.getByText('There is no such giveaway').waitFor();
  });
});

/** Kept after the run, in a folder that git ignores. */
const screenshot = (name: string): string =>
  path.join(import.meta.dirname, '../../.handsel/screenshots', `live-${name}.png`);
