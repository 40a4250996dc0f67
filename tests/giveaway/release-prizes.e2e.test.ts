import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect } from '../../db/connect.ts';
import { runAudit } from '../../scripts/audit/main.ts';
import { waitFor } from '../../scripts/demo/watch.ts';
import { expectStatus } from '../../scripts/stack/http-client.ts';
import { claimCards, drawScene, setScene, winCards, type Scene } from '../support/scene.ts';
import { startTestStack, type TestStack } from '../support/test-stack.ts';
import { PATIENCE_MS } from '../support/database.ts';

const stateOf = async ({ giveaways, giveawayId, host }: Scene): Promise<string> =>
  (await giveaways('GET', `/v1/giveaways/${giveawayId}`, { token: host.token })).body.state;
const available = async ({ giveaways, host }: Scene): Promise<string> =>
  (await giveaways('GET', '/v1/wallet', { token: host.token })).body.data[0].availableMinor;
const releases = async ({ cards, host }: Scene) =>
  (await cards('GET', '/v1/escrow-releases', { token: host.token })).body.data;

describe('prizes that nobody gets', () => {
  let test: TestStack;

  beforeAll(async () => {
    test = await startTestStack({ SWEEP_INTERVAL_MS: '1000' });
  });
  afterAll(() => test.stop());

  it('go back to the host, with their share of the fee, when fewer take part than there are prizes', async () => {
    const scene = await setScene(test.stack, { participants: 1 });
    expect(await available(scene)).toBe('5000');
    await winCards(scene);
    await waitFor('the end', async () => (await stateOf(scene)) === 'COMPLETED');
    // The wallet of 30000 carried 901; the prizes of 25000 took 750 of it: 300, 300 and 150.
    expect(await releases(scene)).toMatchObject([
      { reason: 'unassigned', state: 'RELEASED', cards: 2, cashMinor: '14550', feeMinor: '450' },
    ]);
    expect(await available(scene)).toBe('20000');
  });

  it('go back when the giveaway is cancelled, and it cannot be entered any more', async () => {
    const scene = await setScene(test.stack, { participants: 2 });
    const cancel = () =>
      scene.giveaways('POST', `/v1/giveaways/${scene.giveawayId}/cancel`, {
        token: scene.host.token,
        body: { reason: 'no stock' },
      });
    expectStatus(await cancel(), 202);
    expect(await stateOf(scene)).toBe('CANCELLED');
    await waitFor('the money', async () => (await available(scene)) === '30000');
    expect(await releases(scene)).toMatchObject([
      { reason: 'cancelled', cashMinor: '24250', feeMinor: '750', cards: 3 },
    ]);
    const [person] = scene.people;
    const late = await scene.giveaways('POST', `/v1/giveaways/${scene.giveawayId}/entries`, { token: person?.token });
    expect(late.body.code).toMatch(/^giveaway_(not_open|closed)$/);
    expectStatus(await cancel(), 202);
    expect(await available(scene)).toBe('30000');
  });

  it('cannot be taken back by cancelling once they are drawn', async () => {
    const scene = await setScene(test.stack, { participants: 4 });
    await drawScene(scene);
    const refused = await scene.giveaways('POST', `/v1/giveaways/${scene.giveawayId}/cancel`, {
      token: scene.host.token,
      body: { reason: 'too late' },
    });
    expect(refused.body.code).toBe('giveaway_not_cancellable');
    const [card] = await claimCards(scene);
    // The card expires with all that is on it: a sweep finds it.
    const db = connect({
      url: test.stack.environment['DATABASE_URL_GIFTCARD'] ?? '',
      poolMax: 1,
      applicationName: 'test',
      patienceMs: PATIENCE_MS,
    });
    await db('gift_cards').where({ id: card?.cardId }).update({ expires_at: new Date(), next_deadline: new Date() });
    await db.destroy();
    await waitFor('the sweep', async () =>
      (await releases(scene)).some(({ state }: { state: string }) => state === 'RELEASED'),
    );
    expect(await releases(scene)).toMatchObject([{ reason: 'expired', cards: 1 }]);
  });

  it('keeps every invariant of both books', async () => {
    const lines = await runAudit(test.stack.environment);
    expect(lines.filter(({ broken }) => broken > 0)).toEqual([]);
    expect(lines.find(({ invariant }) => invariant.endsWith('what was released'))?.checked).toBe(3);
  });
});
