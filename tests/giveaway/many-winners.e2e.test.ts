import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect, type Database } from '../../db/connect.ts';
import { runAudit } from '../../scripts/audit/main.ts';
import { waitFor } from '../../scripts/demo/watch.ts';
import { expectStatus } from '../../scripts/stack/http-client.ts';
import { connectTemporal } from '../../temporal-config/client.ts';
import { mailTruth } from '../support/mail-relay.ts';
import { awardMany } from '../support/many-winners.ts';
import { setModeScene } from '../support/modes.ts';
import { replayHistories } from '../support/replay.ts';
import { startTestStack, type TestStack } from '../support/test-stack.ts';
import { PATIENCE_MS } from '../support/database.ts';

/** More than one piece of cards, one page of units and one batch of mails; ten thousand are `npm run bench -- winners`. */
const WINNERS = 1_100;

describe('a giveaway with many winners', () => {
  let test: TestStack;
  let giveaway: Database;
  let giftcard: Database;

  beforeAll(async () => {
    test = await startTestStack({ SWEEP_INTERVAL_MS: '1000' });
    const open = (url = ''): Database => connect({ url, poolMax: 2, applicationName: 'test', patienceMs: PATIENCE_MS });
    giveaway = open(test.stack.environment['DATABASE_URL_GIVEAWAY']);
    giftcard = open(test.stack.environment['DATABASE_URL_GIFTCARD']);
  });
  afterAll(async () => {
    await giveaway.destroy();
    await giftcard.destroy();
    await test.stop();
  });

  it('pays for them in pieces, and tells and fulfils them in batches, each once', async () => {
    const { environment } = test.stack;
    const scene = await setModeScene(test.stack, '10000000');
    const { giveawayId } = await awardMany(scene, environment['DATABASE_URL_GIVEAWAY'] ?? '', WINNERS);

    const awards = await giveaway('giveaway_awards').where({ giveaway_id: giveawayId }).select('state', 'prize_id');
    expect(awards).toHaveLength(WINNERS);
    expect(awards.filter(({ state }) => state !== 'FULFILLED')).toEqual([]);
    const cards = await giftcard('gift_cards').where({ giveaway_id: giveawayId }).whereNotNull('assigned_at');
    expect(new Set(cards.map((card) => card.award_id)).size).toBe(WINNERS);
    // The wallet carried its fee in proportion: all of it lies on the cards.
    const fees = cards.reduce((sum: bigint, card) => sum + card.funding_fee_minor, 0n);
    const [hold] = await giveaway('wallet_holds').where({ giveaway_id: giveawayId });
    expect(fees).toBe(hold.fee_minor);

    const mails = mailTruth(
      test.stack.applicationUrl('mail-simulator'),
      environment['MAIL_SIMULATOR_ADMIN_TOKEN'] ?? '',
    );
    const sent = await mails.messages();
    expect(new Set(sent.map(({ recipient }) => recipient)).size).toBe(WINNERS);
    expect(sent).toHaveLength(WINNERS);

    const shown = await scene.read(giveawayId);
    expect([shown.prizes.length, shown.winners.length, shown.winnerCount]).toEqual([100, 100, WINNERS]);
    const positions: number[] = [];
    for (let next: string | null = '0'; next !== null;) {
      const page = `/v1/giveaways/${giveawayId}/prize-units?limit=400&after=${next}`;
      const { body } = expectStatus(await scene.giveaways('GET', page), 200);
      positions.push(...body.data.map((unit: { position: number }) => unit.position));
      next = body.next;
    }
    expect(positions).toEqual(Array.from({ length: WINNERS }, (_, index) => index + 1));
  });

  it('is not paid for when a card of a later piece is refused: what was reserved before is undone', async () => {
    const scene = await setModeScene(test.stack, '10000000');
    const { giveaways, host } = scene;
    const elsewhere = { ...scene.prize('Nowhere', 100), catalogueItemId: randomUUID() };
    const closesAt = new Date(Date.now() + 600_000).toISOString();
    const draft = { title: 'T', currency: 'USD', closesAt, prizes: [scene.prize('Card', 600), elsewhere] };
    const { id } = expectStatus(await giveaways('POST', '/v1/giveaways', { token: host.token, body: draft }), 201).body;
    const publish = () => giveaways('POST', `/v1/giveaways/${id}/publish`, { token: host.token, key: `publish-${id}` });
    let refused = await publish();
    await waitFor('the answer', async () => {
      refused = await publish();
      return refused.status !== 202 && refused.status !== 503 && refused.body.code !== 'idempotency_in_flight';
    });
    expect([refused.status, refused.body.code]).toEqual([404, 'catalogue_item_not_found']);
    const wallet = await giveaways('GET', '/v1/wallet', { token: host.token });
    expect(wallet.body.data[0].availableMinor).toBe('10000000');
    expect((await giveaway('giveaways').where({ id }).first()).state).toBe('FUNDING_FAILED');
    const cards = await giftcard('gift_cards').where({ giveaway_id: id }).select('state');
    expect(cards.length).toBeGreaterThan(0);
    expect(cards.filter(({ state }) => state !== 'VOIDED')).toEqual([]);
  });

  it('keeps every invariant, and the histories replay', async () => {
    expect((await runAudit(test.stack.environment)).filter(({ broken }) => broken > 0)).toEqual([]);
    const temporal = connectTemporal(test.stack.environment['TEMPORAL_ADDRESS'] ?? '');
    const { failures } = await replayHistories(temporal.giveaway, { ofEachType: 3 });
    const cards = await replayHistories(temporal.giftcard, { ofEachType: 3 });
    await temporal.connection.close();
    expect([...failures, ...cards.failures]).toEqual([]);
    expect(cards.types).toContain('reserveCards');
  });
});
