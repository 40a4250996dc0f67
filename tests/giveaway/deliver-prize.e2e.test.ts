import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Person } from '../../scripts/demo/people.ts';
import { runAudit } from '../../scripts/audit/main.ts';
import { waitFor } from '../../scripts/demo/watch.ts';
import { expectStatus } from '../../scripts/stack/http-client.ts';
import { connectTemporal } from '../../temporal-config/client.ts';
import { claimTokenIn, mailTruth, type MailTruth } from '../support/mail-relay.ts';
import { setModeScene, type ModeScene } from '../support/modes.ts';
import { replayHistories } from '../support/replay.ts';
import { startTestStack, type TestStack } from '../support/test-stack.ts';

const ADDRESS = { name: 'Wanda Winner', line1: 'Beech Lane 7', city: 'Leeds', postalCode: 'LS1 4AP', country: 'GB' };

describe('a giveaway of things that are sent', () => {
  let test: TestStack;
  let scene: ModeScene;
  let mails: MailTruth;
  const bicycle = { kind: 'physical', name: 'Bicycle', description: 'A red one', amountMinor: '50000' };

  beforeAll(async () => {
    test = await startTestStack({ SWEEP_INTERVAL_MS: '1000' });
    scene = await setModeScene(test.stack);
    const token = test.stack.environment['MAIL_SIMULATOR_ADMIN_TOKEN'] ?? '';
    mails = mailTruth(test.stack.applicationUrl('mail-simulator'), token);
  });
  afterAll(() => test.stop());

  it('refuses a draft that does not hold together', async () => {
    const draft = { title: 'T', currency: 'USD', closesAt: new Date(Date.now() + 60_000).toISOString() };
    const refused = async (prize: object, change: object = {}) => {
      const body = { ...draft, prizes: [prize], ...change };
      return (await scene.giveaways('POST', '/v1/giveaways', { token: scene.host.token, body })).body.code;
    };
    expect(await refused({ ...scene.prize('Bicycle'), kind: 'physical' })).toBe('prize_fields_invalid');
    expect(await refused({ name: 'Card', amountMinor: '5000' })).toBe('prize_fields_invalid');
    expect(await refused({ kind: 'physical', amountMinor: '5000' })).toBe('prize_fields_invalid');
    expect(await refused(bicycle, { claims: 'automatic' })).toBe('prize_needs_claim');
  });

  it('costs nothing to publish; its prize is claimed with an address, sent and received', async () => {
    const { giveaways, host } = scene;
    const giveawayId = await scene.open({ drawBy: 'either', prizes: [bicycle] });
    expect((await giveaways('GET', '/v1/wallet', { token: host.token })).body.data[0].availableMinor).toBe('60000');
    const people = await scene.enter(giveawayId, 2);
    expectStatus(await giveaways('POST', `/v1/giveaways/${giveawayId}/draw`, { token: host.token }), 202);
    await scene.reaches(giveawayId, 'FULFILLING');
    let person: Person | undefined;
    for (const one of people) if ((await scene.awardsOf(one)).length > 0) person = one;
    if (!person) throw new Error('nobody has won');
    const winner = person;
    const [{ awardId }] = (await scene.awardsOf(winner)) as [{ awardId: string }];
    const mailOf = async (subject: string) => (await mails.messages()).find((mail) => mail.subject.startsWith(subject));
    await waitFor('the mail', async () => (await mailOf('You have won')) !== undefined);
    const mail = await mailOf('You have won');
    if (!mail) throw new Error('the mail has gone');
    expect(mail.body).toContain('“Bicycle”');
    const token = claimTokenIn(mail);

    const claim = (body: object) => giveaways('POST', '/v1/claim-links/claim', { body: { token, ...body } });
    expect((await claim({})).body.code).toBe('award_address_missing');
    expect((await claim({ address: { ...ADDRESS, country: 'England' } })).body.code).toBe('validation_failed');
    expect((await claim({ address: { ...ADDRESS, name: 'Wanda\nWinner' } })).body.code).toBe('validation_failed');
    expect(expectStatus(await claim({ address: ADDRESS }), 201).body).toMatchObject({
      state: 'VERIFIED',
      cardId: null,
    });

    const csv = (token: string) => giveaways('GET', `/v1/giveaways/${giveawayId}/deliveries.csv`, { token });
    expectStatus(await csv(winner.token), 403);
    const list = expectStatus(await csv(host.token), 200).text;
    expect(list).toContain('1,Bicycle,VERIFIED,ADDRESSED,Wanda Winner,Beech Lane 7,,Leeds,,LS1 4AP,GB');
    const prize = `/v1/giveaways/${giveawayId}/awards/${awardId}`;
    const ship = { token: host.token, body: { carrier: 'Royal Mail', trackingNumber: 'RM123' } };
    expectStatus(await giveaways('PUT', `${prize}/shipment`, { ...ship, token: winner.token }), 403);
    expectStatus(await giveaways('PUT', `${prize}/shipment`, ship), 200);
    await waitFor('the mail', async () => (await mailOf('Your prize is on its way')) !== undefined);
    expect(await scene.awardsOf(winner)).toMatchObject([
      {
        state: 'FULFILLING',
        prize: { kind: 'physical', name: 'Bicycle' },
        delivery: { state: 'SHIPPED', carrier: 'Royal Mail', trackingNumber: 'RM123' },
      },
    ]);
    expectStatus(await giveaways('POST', `/v1/awards/${awardId}/received`, { token: winner.token }), 200);
    await scene.reaches(giveawayId, 'COMPLETED');
  });

  it('keeps every invariant, and no history holds an address', async () => {
    expect((await runAudit(test.stack.environment)).filter(({ broken }) => broken > 0)).toEqual([]);
    const temporal = connectTemporal(test.stack.environment['TEMPORAL_ADDRESS'] ?? '');
    const { failures, texts } = await replayHistories(temporal.giveaway, { ofEachType: 5 });
    await temporal.connection.close();
    expect(failures).toEqual([]);
    expect(texts.filter((text) => text.includes('Beech') || text.includes('LS1'))).toEqual([]);
  });
});
