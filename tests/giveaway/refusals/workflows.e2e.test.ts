import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ERROR_STATUS, type ErrorCode } from '../../../domain/errors.ts';
import { registerPerson, type Person } from '../../../scripts/demo/people.ts';
import { waitFor } from '../../../scripts/demo/watch.ts';
import { expectStatus } from '../../../scripts/stack/http-client.ts';
import { setModeScene, type ModeScene } from '../../support/modes.ts';
import { startTestStack, type TestStack } from '../../support/test-stack.ts';
import { digestOf } from '../../support/unchanged.ts';

const inHours = (hours: number): string => new Date(Date.now() + hours * 3_600_000).toISOString();
const ADDRESS = { name: 'Wanda Winner', line1: 'Beech Lane 7', city: 'Leeds', postalCode: 'LS1 4AP', country: 'GB' };

/** The rest of what the calls refuse: here a workflow is asked, or would be started. */
describe('what a giveaway’s workflow is asked, and refuses', () => {
  let test: TestStack;
  let scene: ModeScene;
  let stranger: Person;
  let winner: Person;
  let loser: Person;
  const ids = { draft: '', open: '', drawn: '', cancelled: '', award: '' };
  const bicycle = { kind: 'physical', name: 'Bicycle', amountMinor: '50000' };

  /** Drawn by hand; whoever has won was told, so that nothing moves any more by itself. */
  async function draw(giveawayId: string): Promise<void> {
    const people = await scene.enter(giveawayId, 2);
    expectStatus(await scene.giveaways('POST', `/v1/giveaways/${giveawayId}/draw`, { token: scene.host.token }), 202);
    await scene.reaches(giveawayId, 'FULFILLING');
    await waitFor('the winner to be told', async () => {
      for (const person of people) {
        const [award] = await scene.awardsOf(person);
        if (!award?.claimExpiresAt) continue;
        [winner, ids.award] = [person, award.awardId];
        loser = people.find((one) => one !== person) ?? person;
        return true;
      }
      return false;
    });
  }

  beforeAll(async () => {
    test = await startTestStack({ SWEEP_INTERVAL_MS: '1000' });
    scene = await setModeScene(test.stack);
    stranger = await registerPerson(scene.giveaways, 'Stranger', ['participant', 'host']);
    const { token } = scene.host;
    const body = { title: 'T', currency: 'USD', closesAt: inHours(2), prizes: [bicycle] };
    ids.draft = expectStatus(await scene.giveaways('POST', '/v1/giveaways', { token, body }), 201).body.id;
    ids.open = await scene.open({ closesAt: inHours(2), prizes: [bicycle] });
    ids.cancelled = await scene.open({ prizes: [bicycle] });
    const cancel = { token, body: { reason: 'a mistake' } };
    expectStatus(await scene.giveaways('POST', `/v1/giveaways/${ids.cancelled}/cancel`, cancel), 202);
    ids.drawn = await scene.open({ drawBy: 'either', prizes: [bicycle] });
    await draw(ids.drawn);
    await scene.reaches(ids.cancelled, 'CANCELLED');
  });
  afterAll(() => test.stop());

  type Who = 'host' | 'stranger' | 'winner' | 'loser';
  const personOf = (who: Who): Person => ({ host: scene.host, stranger, winner, loser })[who];
  const reason = { reason: 'a mistake' };

  it.each<[ErrorCode, string, Who, keyof typeof ids, string, object]>([
    ['giveaway_not_found', 'to publish the draft of somebody else', 'stranger', 'draft', 'publish', {}],
    ['giveaway_not_draft', 'to publish once more', 'host', 'open', 'publish', {}],
    ['giveaway_not_draft', 'to publish what was cancelled', 'host', 'cancelled', 'publish', {}],
    ['giveaway_not_found', 'to cancel what is of somebody else', 'stranger', 'open', 'cancel', reason],
    ['giveaway_not_cancellable', 'to cancel after the draw', 'host', 'drawn', 'cancel', reason],
    ['validation_failed', 'to cancel without a reason', 'host', 'open', 'cancel', {}],
    ['giveaway_early_close_not_allowed', 'to end early against the rules', 'host', 'open', 'close-early', reason],
    ['giveaway_not_found', 'to end what is of somebody else', 'stranger', 'open', 'close-early', reason],
    ['giveaway_not_open', 'to end what is not open', 'host', 'draft', 'close-early', reason],
    ['giveaway_not_open', 'to end what was drawn', 'host', 'drawn', 'close-early', reason],
    [
      'giveaway_extension_not_allowed',
      'to put the deadline off against the rules',
      'host',
      'open',
      'extend',
      { ...reason, closesAt: inHours(5) },
    ],
    [
      'giveaway_extension_not_allowed',
      'to put it forward',
      'host',
      'open',
      'extend',
      { ...reason, closesAt: inHours(1) },
    ],
    ['giveaway_not_open', 'to put off what was drawn', 'host', 'drawn', 'extend', { ...reason, closesAt: inHours(5) }],
    ['draw_not_by_hand', 'to draw by hand against the rules', 'host', 'open', 'draw', {}],
    ['draw_not_possible', 'to draw what was cancelled', 'host', 'cancelled', 'draw', {}],
    ['giveaway_not_found', 'to draw what is of somebody else', 'stranger', 'drawn', 'draw', {}],
    ['giveaway_closed', 'to enter after the draw', 'stranger', 'drawn', 'entries', {}],
    ['award_address_missing', 'to claim what is sent without an address', 'winner', 'award', 'claim', {}],
    ['award_not_yours', 'to claim without having won', 'loser', 'award', 'claim', {}],
    ['award_not_yours', 'to claim it with an address', 'loser', 'award', 'claim', { address: ADDRESS }],
  ])('%s: %s', async (code, _what, who, of, verb, body) => {
    const before = await digestOf(test.stack);
    const path = of === 'award' ? `/v1/awards/${ids.award}/${verb}` : `/v1/giveaways/${ids[of]}/${verb}`;
    const answer = await scene.giveaways('POST', path, { token: personOf(who).token, body });
    expect([answer.status, answer.body.code], answer.text).toEqual([ERROR_STATUS[code], code]);
    expect(await digestOf(test.stack)).toBe(before);
  });

  it('and to draw once more is no refusal: the first time stands', async () => {
    const again = await scene.giveaways('POST', `/v1/giveaways/${ids.drawn}/draw`, { token: scene.host.token });
    expect(again.status).toBe(202);
    const { winners } = await scene.read(ids.drawn);
    expect(winners).toMatchObject([{ awardId: ids.award, state: 'NOTIFIED' }]);
  });
});
