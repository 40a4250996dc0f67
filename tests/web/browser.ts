import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import chromiumPackage from '@sparticuz/chromium';
import { chromium, type Browser, type Page } from 'playwright-core';

const SIZES = { phone: { width: 390, height: 844 }, desktop: { width: 1280, height: 900 } } as const;

/** Not those that the package comes with: they would switch off what browsers protect people by. */
const FLAGS = ['--no-sandbox', '--no-zygote', '--disable-gpu', '--disable-background-networking', '--disable-sync'];

const UNPACKED_WITHIN_MS = 120_000;

/** A real browser, without a window. */
export async function startBrowser(): Promise<Browser> {
  const executablePath = await chromiumPackage.executablePath();
  for (const deadline = Date.now() + UNPACKED_WITHIN_MS; ; await delay(500)) {
    try {
      return await chromium.launch({ executablePath, args: FLAGS, headless: true });
    } catch (error) {
      // The package unpacks it when it is first asked for: another test is still at it.
      if (!String(error).includes('ETXTBSY') || Date.now() > deadline) throw error;
    }
  }
}

export interface Visit {
  readonly page: Page;
  /** What the page threw, and what the browser had to say. */
  readonly problems: string[];
}

/** Opens an address as a phone does. */
export async function visit(browser: Browser, url: string): Promise<Visit> {
  const page = await browser.newPage({ viewport: SIZES.phone });
  page.setDefaultTimeout(180_000);
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
  await page.goto(url);
  return { page, problems };
}

/**
 * Keeps pictures of the page as phones and desks see it, in a folder that git ignores.
 * @returns whether the phone has to scroll sideways.
 */
export async function takePictures(page: Page, name: string): Promise<boolean> {
  const folder = path.join(import.meta.dirname, '../../.handsel/screenshots');
  for (const [size, viewport] of Object.entries(SIZES).toReversed()) {
    await page.setViewportSize(viewport);
    await page.screenshot({ path: path.join(folder, `${name}-${size}.png`), fullPage: true });
  }
  return page.evaluate('document.documentElement.scrollWidth > document.documentElement.clientWidth');
}
