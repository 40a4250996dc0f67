import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runAudit } from '../../scripts/audit/main.ts';
import { waitFor } from '../../scripts/demo/watch.ts';
import { expectStatus } from '../../scripts/stack/http-client.ts';
import { connectTemporal } from '../../temporal-config/client.ts';
import { connect, type Database } from '../../db/connect.ts';
import { claimTokenIn, mailTruth, type MailTruth } from '../support/mail-relay.ts';
import { replayHistories } from '../support/replay.ts';
import { drawScene, setScene, type Scene } from '../support/scene.ts';
import { startTestStack, type TestStack } from '../support/test-stack.ts';
import { PATIENCE_MS } from '../support/database.ts';

describe('winners are told, and claim', () => {
  let test: TestStack;
  let db: Database;
  let mails: MailTruth;

  const awards = (giveawayId: string) =>
    db('giveaway_awards as a')
      .join('users as u', 'u.id', 'a.participant_id')
      .where({ giveaway_id: giveawayId })
      .orderBy('rank')
      .select<{ id: string; rank: number; state: string; email: string; claim_expires_at: Date | null }[]>(
        'a.*',
        'u.email',
      );
  const states = async (giveawayId: string) => (await awards(giveawayId)).map(({ rank, state }) => `${rank} ${state}`);
  const isDrawn = async ({ giveaways, giveawayId }: Scene): Promise<boolean> =>
    (await giveaways('GET', `/v1/giveaways/${giveawayId}`)).body.state === 'FULFILLING';
  const drawnScene = async (participants: number, change: object = {}): Promise<Scene> => {
    const scene = await setScene(test.stack, { participants, change });
    await drawScene(scene);
    return scene;
  };
  /** The token in the mail to the winner of this rank, when it has come. */
  const tokenOf = async (giveawayId: string, rank: number): Promise<string> => {
    const found = async () => {
      const award = (await awards(giveawayId)).find((row) => row.rank === rank);
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
      poolMax: 2,
      applicationName: 'test',
      patienceMs: PATIENCE_MS,
    });
    mails = mailTruth(test.stack.applicationUrl('mail-simulator'), environment['MAIL_SIMULATOR_ADMIN_TOKEN'] ?? '');
  });
  afterAll(async () => {
    await db.destroy();
    await test.stop();
  });

  it('by the link of the mail: one claims, one declines, one is too late, and the next ranks get their prizes', async () => {
    const scene = await drawnScene(6);
    const { giveaways, giveawayId } = scene;
    const [first, second, third] = [
      await tokenOf(giveawayId, 1),
      await tokenOf(giveawayId, 2),
      await tokenOf(giveawayId, 3),
    ];

    const seen = expectStatus(await giveaways('POST', '/v1/claim-links/read', { body: { token: first } }), 200);
    expect(seen.body).toMatchObject({ rank: 1, state: 'NOTIFIED', amountMinor: '10000', currency: 'USD' });
    const claimed = await giveaways('POST', '/v1/claim-links/claim', { body: { token: first }, key: 'claim-1' });
    expectStatus(claimed, 201);
    const again = await giveaways('POST', '/v1/claim-links/claim', { body: { token: first }, key: 'claim-1' });
    expect(again.body).toEqual(claimed.body);
    await waitFor('the card', async () => (await states(giveawayId))[0] === '1 FULFILLED');

    expectStatus(await giveaways('POST', '/v1/claim-links/decline', { body: { token: second } }), 200);
    expect(await states(giveawayId)).toEqual(['1 FULFILLED', '2 DECLINED', '3 NOTIFIED', '4 NOTIFIED']);
    const declined = await giveaways('POST', '/v1/claim-links/claim', { body: { token: second } });
    expect([declined.status, declined.body.code]).toEqual([409, 'award_not_claimable']);

    await db('giveaway_awards')
      .where({ giveaway_id: giveawayId, rank: 3 })
      .update({ claim_expires_at: db.raw('clock_timestamp()') });
    const late = await giveaways('POST', '/v1/claim-links/claim', { body: { token: third } });
    expect([late.status, late.body.code]).toEqual([409, 'award_claim_expired']);
    await waitFor('the sweep', async () => (await states(giveawayId))[4] === '5 NOTIFIED');
    for (const rank of [4, 5]) {
      const token = await tokenOf(giveawayId, rank);
      expectStatus(await giveaways('POST', '/v1/claim-links/claim', { body: { token } }), 201);
    }
    await waitFor(
      'the end',
      async () => (await giveaways('GET', `/v1/giveaways/${giveawayId}`)).body.state === 'COMPLETED',
    );
    const forged = await giveaways('POST', '/v1/claim-links/claim', { body: { token: `${first.slice(0, -6)}AAAAAA` } });
    expect([forged.status, forged.body.code]).toEqual([401, 'claim_link_invalid']);
  });

  it('and where the host looks at every claim, the prize follows the decision, by a sweep', async () => {
    const scene = await drawnScene(3, { claimVerification: 'manual' });
    const { giveaways, giveawayId, host } = scene;
    for (const rank of [1, 2, 3]) {
      const token = await tokenOf(giveawayId, rank);
      const { body } = expectStatus(await giveaways('POST', '/v1/claim-links/claim', { body: { token } }), 201);
      expect(body).toMatchObject({ state: 'CLAIMED', waits: true });
      const path = `/v1/giveaways/${giveawayId}/awards/${body.awardId}/verify`;
      expectStatus(await giveaways('POST', path, { token: scene.people[0]?.token }), 403);
      expectStatus(await giveaways('POST', path, { token: host.token }), 200);
    }
    await waitFor('the cards', async () => (await states(giveawayId)).every((state) => state.endsWith('FULFILLED')));
    await waitFor(
      'the end',
      async () => (await giveaways('GET', `/v1/giveaways/${giveawayId}`)).body.state === 'COMPLETED',
    );
  });

  it('and where nobody has to claim, everybody is told and has the card', async () => {
    const scene = await drawnScene(4, { claims: 'automatic' });
    const { giveawayId } = scene;
    await waitFor('the cards', async () => {
      const all = await states(giveawayId);
      return all.length === 3 && all.every((state) => state.endsWith('FULFILLED'));
    });
  });

  it('also when the host ends entry early, as the rules said, after having put the deadline off', async () => {
    const scene = await setScene(test.stack, { participants: 3, change: { maxExtensionMs: 3_600_000 } });
    const { giveaways, giveawayId, host } = scene;
    const ask = (what: string, body: object, token = host.token) =>
      giveaways('POST', `/v1/giveaways/${giveawayId}/${what}`, {
        token,
        body: { reason: 'as the rules said', ...body },
      });
    const { closesAt } = (await giveaways('GET', `/v1/giveaways/${giveawayId}`)).body;
    const later = new Date(Date.parse(closesAt) + 1_800_000).toISOString();
    expect((await ask('extend', { closesAt: later })).body.closesAt).toBe(later);
    const tooFar = await ask('extend', { closesAt: new Date(Date.parse(closesAt) + 7_200_000).toISOString() });
    expect([tooFar.status, tooFar.body.code]).toEqual([409, 'giveaway_extension_not_allowed']);
    expectStatus(await ask('close-early', {}, scene.people[0]?.token), 403);
    expectStatus(await ask('close-early', {}), 200);
    await waitFor('the draw', () => isDrawn(scene));
    const versions = expectStatus(await giveaways('GET', `/v1/giveaways/${giveawayId}/rules/versions`), 200);
    expect(versions.body.data).toMatchObject([{ version: 1 }, { version: 2, changed: ['closesAt'] }, { version: 3 }]);
  });

  it('keeps every invariant, and every history replays and holds no address and no token', async () => {
    expect((await runAudit(test.stack.environment)).filter(({ broken }) => broken > 0)).toEqual([]);
    const temporal = connectTemporal(test.stack.environment['TEMPORAL_ADDRESS'] ?? '');
    const { failures, texts, types } = await replayHistories(temporal.giveaway, { ofEachType: 3 });
    await temporal.connection.close();
    expect(failures).toEqual([]);
    expect(types).toEqual(expect.arrayContaining(['expireClaims', 'fulfilAwards', 'notifyWinners', 'claimAward']));
    expect(texts.filter((text) => text.includes('@example.com') || text.includes('claim-1.'))).toEqual([]);
  });
});
