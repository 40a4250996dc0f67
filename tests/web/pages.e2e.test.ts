import path from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect, type Database } from '../../db/connect.ts';
import { proofLines } from '../../domain/proof/proof-text.ts';
import { waitFor } from '../../scripts/demo/watch.ts';
import { expectStatus } from '../../scripts/stack/http-client.ts';
import { hashOf, makeEntries, makeProof } from '../giveaway/draw/build-draw.ts';
import { claimTokenIn, mailTruth, type MailTruth } from '../support/mail-relay.ts';
import { endEntry, setScene, type Scene } from '../support/scene.ts';
import { startTestStack, type TestStack } from '../support/test-stack.ts';
import { readVector } from '../giveaway/draw/read-vector.ts';
import { startBrowser, takePictures, visit } from './browser.ts';
import { PATIENCE_MS } from '../support/database.ts';

const VECTORS = path.join(import.meta.dirname, '../giveaway/draw/vectors');
const NOWHERE = '00000000-0000-4000-8000-000000000000';

describe('the pages in a browser', () => {
  let test: TestStack;
  let db: Database;
  let mails: MailTruth;
  let scene: Scene;
  let browser: Browser;

  const open = (at: string) => visit(browser, `${test.stack.applicationUrl('giveaway-api')}${at}`);
  /** The token in the mail to the winner of this rank, when it has come. */
  const tokenOf = async (rank: number): Promise<string> => {
    const found = async () => {
      const award = await db('giveaway_awards as a')
        .join('users as u', 'u.id', 'a.participant_id')
        .where({ giveaway_id: scene.giveawayId, rank })
        .first<{ email: string; claim_expires_at: Date | null } | undefined>('u.email', 'a.claim_expires_at');
      return award?.claim_expires_at ? (await mails.messages(award.email)).at(-1) : undefined;
    };
    await waitFor(`the mail to rank ${rank}`, async () => (await found()) !== undefined);
    const mail = await found();
    if (!mail) throw new Error('the mail has gone');
    return claimTokenIn(mail);
  };

  beforeAll(async () => {
    test = await startTestStack({ SWEEP_INTERVAL_MS: '1000' });
    const { environment } = test.stack;
    db = connect({
      url: environment['DATABASE_URL_GIVEAWAY'] ?? '',
      poolMax: 1,
      applicationName: 'test',
      patienceMs: PATIENCE_MS,
    });
    mails = mailTruth(test.stack.applicationUrl('mail-simulator'), environment['MAIL_SIMULATOR_ADMIN_TOKEN'] ?? '');
    browser = await startBrowser();
    scene = await setScene(test.stack, { participants: 4 });
  });
  afterAll(async () => {
    await browser?.close();
    await db?.destroy();
    await test.stop();
  });

  it('counts down, shows who takes part, reveals the winners by itself, and leads to the proof', async () => {
    const { giveaways, giveawayId } = scene;
    const { page, problems } = await open(`/live/${giveawayId}`);
    await page.getByText('Open for entries').waitFor();
    await page.getByText('Live', { exact: true }).waitFor();
    expect(await page.title()).toBe('Three book cards');
    await page.getByText('4 people in it').waitFor();
    expect(await page.locator('#prizes li').allTextContents()).toEqual([
      '1. Gift card$100.00',
      '2. Gift card$100.00',
      '3. Gift card$50.00',
    ]);
    const before = await page.locator('#seconds').textContent();
    await expect.poll(() => page.locator('#seconds').textContent()).not.toBe(before);
    expect(await takePictures(page, 'live-countdown')).toBe(false);

    await endEntry(scene);
    await page.getByRole('heading', { name: 'Nobody knows the winners yet' }).waitFor();
    expect(await page.locator('#commitment').textContent()).toMatch(/^[0-9a-f]{64}$/);
    expect(await takePictures(page, 'live-committed')).toBe(false);
    await page.getByRole('heading', { name: 'Winners', exact: true }).waitFor();
    await expect.poll(() => page.locator('#winners li').count()).toBe(3);
    expect(await page.locator('#waiting').isVisible()).toBe(false);
    expect(await page.locator('#more-winners').isVisible()).toBe(false);
    expect(await takePictures(page, 'live-reveal')).toBe(false);

    await page.getByText('Check the proof').click();
    await page.getByText('Valid (drand, operator-asserted)').waitFor();
    // The live page had seen the hash before the reveal, and brought it along.
    await page.getByText('The commitment is the one that was published.').waitFor();
    const { data } = expectStatus(await giveaways('GET', '/v1/proof-keys'), 200).body;
    await page.getByLabel('public key').fill(data[0].publicKey);
    await page.getByLabel('public key').blur();
    await page.getByText('The key of the proof is the trusted one.').waitFor();
    await page.getByText('Who was drawn').click();
    expect(await page.locator('#awards li').count()).toBe(3);
    await page.getByText('The rules that were committed to').click();
    expect(await page.locator('#rules').textContent()).toContain('Ways to enter:');
    expect(await takePictures(page, 'proof-valid')).toBe(false);
    // "Rank 1" is not broken in two by the hash beside it, on a phone either.
    const rank = await page.locator('#awards li span').first().boundingBox();
    expect(rank?.width).toBeGreaterThan(45);
    expect(problems).toEqual([]);
    await page.close();
  });

  it('says so when there is no such giveaway, no proof yet, or no such page', async () => {
    for (const id of [NOWHERE, 'not-an-id']) {
      const { page } = await open(`/live/${id}`);
      await page.getByText('There is no such giveaway').waitFor();
      expect(await page.getByText('Prizes').isVisible()).toBe(false);
      if (id === NOWHERE) await takePictures(page, 'live-none');
      await page.close();
    }
    const { page } = await open(`/proof/${NOWHERE}`);
    await page.getByText('There is no proof yet').waitFor();
    expect(await takePictures(page, 'proof-none')).toBe(false);
    await page.goto(`${test.stack.applicationUrl('giveaway-api')}/lives/1`);
    await page.getByRole('heading', { name: '404: not found' }).waitFor();
    expect(await takePictures(page, 'not-found')).toBe(false);
    await page.getByRole('link', { name: 'not_found' }).click();
    await page.getByRole('heading', { name: 'Handsel giveaway-api' }).waitFor();
    expect(await takePictures(page, 'docs')).toBe(false);
    await page.close();
  });

  it('checks proofs and receipts that people bring, and names what is wrong', async () => {
    const { page, problems } = await open(`/proof/${scene.giveawayId}`);
    const [verdict, file] = [page.locator('#verdict'), page.getByLabel('Another proof')];
    const bring = (name: string, bytes: Buffer) =>
      file.setInputFiles({ name, mimeType: 'application/json', buffer: bytes });
    const says = async (text: string | RegExp): Promise<void> => {
      await expect.poll(() => verdict.textContent()).toMatch(text);
    };
    await says(/^Valid/);

    await file.setInputFiles(path.join(VECTORS, 'proof.json'));
    await page.getByLabel('The receipt of your entry').setInputFiles(path.join(VECTORS, 'receipt-included.json'));
    await says('Valid (commit-reveal, operator-asserted), and your entry is in it');
    await page.getByLabel('The receipt of your entry').setInputFiles(path.join(VECTORS, 'receipt-omitted.json'));
    await says('The proof is valid, but the receipt is not kept');
    expect(await page.locator('#receipt-shown').textContent()).toContain('The entry was left out');
    expect(await takePictures(page, 'proof-omitted')).toBe(false);
    await page.getByLabel('The receipt of your entry').setInputFiles([]);

    await file.setInputFiles(path.join(VECTORS, 'proof-witnessed.json'));
    await says('Valid (drand, operator-asserted)');
    const { certificate } = readVector<{ certificate: string }>('authority');
    const pem = `-----BEGIN CERTIFICATE-----\n${Buffer.from(certificate, 'hex').toString('base64')}\n-----END CERTIFICATE-----\n`;
    await page.getByLabel('Certificate').setInputFiles({ name: 'a.pem', mimeType: '', buffer: Buffer.from(pem) });
    await says('Valid (drand, witnessed)');
    expect(await takePictures(page, 'proof-witnessed')).toBe(false);

    const proof = Buffer.from([...proofLines(makeProof(makeEntries([3, 1, 4, 1, 5])))].join('\n'));
    const at = proof.indexOf('"weight":4');
    proof[at + '"weight":'.length] = '9'.charCodeAt(0);
    await bring('tampered.json', proof);
    await says(/^Not valid: The weights add up to 19, committed 14$/);
    expect(await takePictures(page, 'proof-tampered')).toBe(false);
    await bring('picture.json', Buffer.from([0xff, 0xd8]));
    await says('Not valid: it is not a text');
    await page.getByLabel('Hash of the commitment').fill('abc');
    await page.getByLabel('Hash of the commitment').blur();
    await says('Not checked: a hash or key above has 64 hex digits.');
    expect(problems).toEqual([]);
    await page.close();
  });

  it('checks a large proof piece by piece, and shows how far it is', async () => {
    const entries = makeEntries(Array.from({ length: 30_000 }, (_, index) => 1 + (index % 3))).map((entry, index) => ({
      ...entry,
      entryId: `entry-${String(index).padStart(6, '0')}`,
      participant: hashOf(index % 20_000),
    }));
    const text = [...proofLines(makeProof(entries, 150))].join('\n');
    const { page, problems } = await open(`/proof/${scene.giveawayId}`);
    const large = { name: 'large.json', mimeType: 'application/json', buffer: Buffer.from(text) };
    await page.getByText(/^Valid/).waitFor();
    // Looked for before there is anything to check: it is gone soon.
    await Promise.all([
      page.getByRole('progressbar', { name: 'How much of the proof is checked' }).waitFor(),
      page.getByLabel('Another proof').setInputFiles(large),
    ]);
    await page.getByText('30000 entries are sorted by id').waitFor();
    await page.getByText('Who was drawn').click();
    await page.getByText('These are the first.').waitFor();
    expect(await page.locator('#awards li').count()).toBe(100);
    expect(problems).toEqual([]);
    await page.close();
  });

  it('claims by the link of a mail, and not twice', async () => {
    const token = await tokenOf(1);
    const { page, problems } = await open(`/claim#${token}`);
    await page.getByText('You have won.').waitFor();
    await page.getByText('A gift card of $100.00').waitFor();
    await page.getByText('You can claim it until').waitFor();
    expect(await takePictures(page, 'claim-open')).toBe(false);
    await page.getByRole('button', { name: 'Claim it' }).click();
    await page.getByText('It is yours: log in to see it.').waitFor();
    expect(await page.getByRole('button', { name: 'Claim it' }).isVisible()).toBe(false);
    expect(await takePictures(page, 'claim-claimed')).toBe(false);
    await page.reload();
    await page.getByText('It is yours: log in to see it.').waitFor();
    expect(problems).toEqual([]);
    await page.close();
  });

  it('declines after asking once more, and says when a claim comes too late', async () => {
    const [second, third] = [await tokenOf(2), await tokenOf(3)];
    const { page, problems } = await open(`/claim#${second}`);
    await page.getByRole('button', { name: 'I do not want it' }).click();
    await page.getByRole('heading', { name: 'Give this prize away?' }).waitFor();
    await takePictures(page, 'claim-sure');
    await page.getByRole('button', { name: 'Keep it' }).click();
    await page.getByText('You have won.').waitFor();
    await page.getByRole('button', { name: 'I do not want it' }).click();
    await page.getByRole('button', { name: 'Give it away' }).click();
    await page.getByText('You have declined it.').waitFor();
    expect(problems).toEqual([]);
    await page.close();

    const { page: late } = await open(`/claim#${third}`);
    await late.getByText('You have won.').waitFor();
    const where = { giveaway_id: scene.giveawayId, rank: 3 };
    await db('giveaway_awards')
      .where(where)
      .update({ claim_expires_at: db.raw('clock_timestamp()') });
    await late.getByRole('button', { name: 'Claim it' }).click();
    await late.getByText('The time to claim this prize is over.').waitFor();
    await late.getByText('The time to claim it is over.').waitFor();
    expect(await takePictures(late, 'claim-late')).toBe(false);
    await late.close();
  });

  it('refuses a link that is not ours, and explains itself without one', async () => {
    const { page } = await open(`/claim#${'x'.repeat(60)}`);
    await page.getByText('This link is not one of ours.').waitFor();
    expect(await page.getByRole('button', { name: 'Claim it' }).isVisible()).toBe(false);
    expect(await takePictures(page, 'claim-forged')).toBe(false);
    await page.close();
    const { page: cut } = await open('/claim#k1.abc');
    await cut.getByText('This link is not whole.').waitFor();
    await cut.close();
    const { page: bare } = await open('/claim');
    await bare.getByText('Open the link in the mail').waitFor();
    expect(await takePictures(bare, 'claim-bare')).toBe(false);
    await bare.close();
  });
});
