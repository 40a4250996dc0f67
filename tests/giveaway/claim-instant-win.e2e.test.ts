import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyInstantWin } from '../../domain/proof/verify-instant-win.ts';
import { readCertificates } from '../../runtime/certificates.ts';
import { drawCrypto } from '../../runtime/draw-crypto.ts';
import { runAudit } from '../../scripts/audit/main.ts';
import { claim } from '../../scripts/demo/main-job.ts';
import type { Person } from '../../scripts/demo/people.ts';
import { waitFor } from '../../scripts/demo/watch.ts';
import { expectStatus } from '../../scripts/stack/http-client.ts';
import { setModeScene, type ModeScene } from '../support/modes.ts';
import { randomNonce } from '../support/instant-wins.ts';
import { endEntry, endWindow } from '../support/scene.ts';
import { startTestStack, type TestStack } from '../support/test-stack.ts';

describe('an instant win over HTTP', () => {
  let test: TestStack;
  let scene: ModeScene;

  const entryOf = async (giveawayId: string, person: Person): Promise<string> => {
    const path = `/v1/giveaways/${giveawayId}/entries/mine`;
    return expectStatus(await scene.giveaways('GET', path, { token: person.token }), 200).body.entries[0].entryId;
  };
  const attempt = async (giveawayId: string, person: Person, clientNonce = randomNonce()) =>
    scene.giveaways('PUT', `/v1/giveaways/${giveawayId}/entries/${await entryOf(giveawayId, person)}/instant-win`, {
      token: person.token,
      body: { clientNonce },
    });

  beforeAll(async () => {
    test = await startTestStack({ SWEEP_INTERVAL_MS: '1000' });
    scene = await setModeScene(test.stack);
  });
  afterAll(() => test.stop());

  it('is decided at once, with a receipt, and the card is there before the deadline; then the secret is revealed', async () => {
    const giveawayId = await scene.open({
      mode: 'instant_win',
      instantWin: { by: 'first_come' },
      prizes: [scene.prize('Card', 2)],
      earlyClose: true,
    });
    const people = await scene.enter(giveawayId, 4);
    const [first, second, third, fourth] = people as [Person, Person, Person, Person];
    const nonce = randomNonce();
    const won = expectStatus(await attempt(giveawayId, first, nonce), 200).body;
    expect(won).toMatchObject({
      outcome: 'won',
      awardId: expect.any(String),
      receipt: { number: 1, clientNonce: nonce },
    });
    const redis = new Redis(test.stack.environment['REDIS_URL'] ?? '');
    await redis.flushall();
    redis.disconnect();
    expect((await attempt(giveawayId, first, nonce)).body).toEqual(won);
    expect((await attempt(giveawayId, first)).body.code).toBe('instant_win_attempted');
    await claim(scene, first, won.awardId);
    // Without Redis, with it again: the database decides.
    await test.stack.kill('redis');
    const rush = await Promise.all([attempt(giveawayId, second), attempt(giveawayId, third)]);
    expect(new Set(rush.map(({ body }) => body.outcome ?? body.code))).toEqual(
      new Set(['won', 'instant_win_sold_out']),
    );
    await test.stack.restart('redis');
    expect((await attempt(giveawayId, fourth)).body.code).toBe('instant_win_sold_out');
    const shown = (await scene.giveaways('GET', `/v1/giveaways/${giveawayId}/instant-win`)).body;
    await waitFor('the count', async () => {
      const { body } = await scene.giveaways('GET', `/v1/giveaways/${giveawayId}/instant-win`);
      return body.unitsLeft === 0 && body.attemptCount === 2;
    });
    const cancel = await scene.giveaways('POST', `/v1/giveaways/${giveawayId}/cancel`, {
      token: scene.host.token,
      body: { reason: 'changed my mind' },
    });
    expect(cancel.body.code).toBe('giveaway_not_cancellable');

    await endEntry({ ...scene, giveawayId });
    await scene.reaches(giveawayId, 'FULFILLING');
    const proof = (await scene.giveaways('GET', `/v1/giveaways/${giveawayId}/proof`)).body;
    expect(proof.commitment).toMatchObject({ secretHash: shown.secretHash, attemptCount: 2 });
    const authorities = readCertificates(test.stack.environment['TIMESTAMP_CERTIFICATES'] ?? '');
    expect(verifyInstantWin(proof, drawCrypto, { receipt: won.receipt, authorities })).toMatchObject({
      ok: true,
      witnessed: 'witnessed',
    });
    const lucky = rush[0].body.outcome === 'won' ? second : third;
    const [award] = await scene.awardsOf(lucky);
    await endWindow(test.stack, award.awardId);
    await waitFor('the second winner’s window to end', async () => {
      const [now] = await scene.awardsOf(lucky);
      return now.state === 'EXPIRED';
    });
    expect(award).toMatchObject({ giveawayId });
    await scene.reaches(giveawayId, 'COMPLETED');
  });

  it('refuses what is no attempt', async () => {
    const giveawayId = await scene.open({
      mode: 'instant_win',
      instantWin: { by: 'odds', oddsPerMillion: 1 },
      prizes: [scene.prize('Card')],
    });
    const [person, other] = (await scene.enter(giveawayId, 2)) as [Person, Person];
    expect((await attempt(giveawayId, person, 'short')).body.code).toBe('validation_failed');
    const entryId = await entryOf(giveawayId, person);
    const path = `/v1/giveaways/${giveawayId}/entries/${entryId}/instant-win`;
    const stolen = await scene.giveaways('PUT', path, { token: other.token, body: { clientNonce: randomNonce() } });
    expect([stolen.status, stolen.body.code]).toEqual([404, 'entry_not_found']);
    const drawn = await scene.open({ prizes: [scene.prize('Card')] });
    const wrong = await scene.giveaways('PUT', `/v1/giveaways/${drawn}/entries/${entryId}/instant-win`, {
      token: person.token,
      body: { clientNonce: randomNonce() },
    });
    expect([wrong.status, wrong.body.code]).toEqual([404, 'instant_win_not_found']);
    expect((await attempt(giveawayId, person)).body.outcome).toBe('lost');
  });

  it('keeps every invariant of both books', async () => {
    const lines = await runAudit(test.stack.environment);
    expect(lines.filter(({ broken }) => broken > 0)).toEqual([]);
  });
});
