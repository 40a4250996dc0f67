import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { registerPerson, type Person } from '../../scripts/demo/people.ts';
import { waitFor } from '../../scripts/demo/watch.ts';
import type { Answer, CallOptions } from '../../scripts/stack/http-client.ts';
import { setScene, winCards, type Scene, type WonCard } from '../support/scene.ts';
import { startTestStack, type TestStack } from '../support/test-stack.ts';
import { digestOf } from '../support/unchanged.ts';

describe('bad input', () => {
  let test: TestStack;
  let scene: Scene;
  let won: WonCard[];
  let stranger: Person;
  let otherMerchant: { token: string; merchantId: string };

  beforeAll(async () => {
    test = await startTestStack();
    scene = await setScene(test.stack, { participants: 4 });
    won = await winCards(scene);
    const { giveaways, giveawayId } = scene;
    // What the end of a giveaway still writes is not the doing of a refusal.
    const state = async () => (await giveaways('GET', `/v1/giveaways/${giveawayId}`)).body.state;
    await waitFor('the end of the giveaway', async () => (await state()) === 'COMPLETED');
    stranger = await registerPerson(scene.giveaways, 'Stranger', ['participant', 'host']);
    const owner = await registerPerson(scene.giveaways, 'Other Merchant', ['merchant']);
    const registered = await scene.cards('POST', '/v1/merchants', {
      token: owner.token,
      body: { name: 'Other', payoutAccount: 'acct_other' },
    });
    otherMerchant = { token: owner.token, merchantId: registered.body.id };
  });
  afterAll(() => test.stop());

  /** Calls, expects the refusal by its code, and that nothing has changed in either database. */
  async function refuses(code: string, call: () => Promise<Answer>): Promise<void> {
    const before = await digestOf(test.stack);
    const answer = await call();
    expect([answer.status, answer.body.code]).toEqual([expect.any(Number), code]);
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(answer.body.requestId).toBe(answer.headers.get('x-request-id'));
    expect(await digestOf(test.stack)).toBe(before);
  }

  const fund =
    (amountMinor: unknown, currency = 'USD') =>
    () =>
      scene.giveaways('POST', '/v1/wallet/fundings', {
        token: scene.host.token,
        body: { amountMinor, currency, source: 'tok_visa' },
      });

  const draft = (change: object): CallOptions => ({
    token: scene.host.token,
    body: {
      title: 'T',
      currency: 'USD',
      closesAt: new Date(Date.now() + 3_600_000).toISOString(),
      prizes: [{ merchantId: scene.merchant.merchantId, catalogueItemId: scene.merchant.itemId, amountMinor: '10000' }],
      ...change,
    },
  });

  it.each([
    ['amount_not_positive', '0'],
    ['amount_not_positive', '-5'],
    ['amount_invalid', '1.5'],
    ['amount_invalid', 100],
    ['amount_too_large', '9'.repeat(17)],
  ])('refuses an amount with %s', (code, amount) => refuses(code, fund(amount)));

  it('refuses a currency that is none', () => refuses('currency_unsupported', fund('100', 'XYZ')));

  it('refuses a deadline in the past', () =>
    refuses('giveaway_deadline_past', () =>
      scene.giveaways('POST', '/v1/giveaways', draft({ closesAt: '2020-01-01T00:00:00Z' })),
    ));

  it('refuses a giveaway without prizes', () =>
    refuses('giveaway_prizes_missing', () => scene.giveaways('POST', '/v1/giveaways', draft({ prizes: [] }))));

  it('refuses prizes that cost more than the wallet holds, and says so to the caller', async () => {
    const created = await scene.giveaways('POST', '/v1/giveaways', draft({}));
    expect(created.status).toBe(201);
    await refuses('wallet_insufficient_funds', () =>
      scene.giveaways('POST', `/v1/giveaways/${created.body.id}/publish`, { token: scene.host.token }),
    );
  });

  it('refuses a currency that the wallet does not hold', async () => {
    const created = await scene.giveaways('POST', '/v1/giveaways', draft({ currency: 'EUR' }));
    await refuses('wallet_not_found', () =>
      scene.giveaways('POST', `/v1/giveaways/${created.body.id}/publish`, { token: scene.host.token }),
    );
  });

  it('releases at once what the other domain refuses, and changes no balance', async () => {
    const prize = {
      merchantId: scene.merchant.merchantId,
      catalogueItemId: scene.merchant.itemId,
      amountMinor: '4321',
    };
    const created = await scene.giveaways('POST', '/v1/giveaways', draft({ prizes: [prize] }));
    const wallet = async () => (await scene.giveaways('GET', '/v1/wallet', { token: scene.host.token })).body.data;
    const before = await wallet();
    const answer = await scene.giveaways('POST', `/v1/giveaways/${created.body.id}/publish`, {
      token: scene.host.token,
    });
    expect([answer.status, answer.body.code]).toEqual([422, 'catalogue_amount_not_offered']);
    expect(await wallet()).toEqual(before);
  });

  it('refuses to enter early', async () => {
    const prize = {
      merchantId: scene.merchant.merchantId,
      catalogueItemId: scene.merchant.itemId,
      amountMinor: '5000',
    };
    const opensAt = new Date(Date.now() + 1_800_000).toISOString();
    const created = await scene.giveaways('POST', '/v1/giveaways', draft({ prizes: [prize], opensAt }));
    const published = await scene.giveaways('POST', `/v1/giveaways/${created.body.id}/publish`, {
      token: scene.host.token,
    });
    expect(published.status).toBe(201);
    await refuses('giveaway_not_open', () =>
      scene.giveaways('POST', `/v1/giveaways/${created.body.id}/entries`, { token: stranger.token }),
    );
  });

  it('refuses to enter late', () =>
    refuses('giveaway_closed', () =>
      scene.giveaways('POST', `/v1/giveaways/${scene.giveawayId}/entries`, { token: stranger.token }),
    ));

  it('refuses to enter what is not published', async () => {
    const created = await scene.giveaways('POST', '/v1/giveaways', draft({}));
    await refuses('giveaway_not_found', () =>
      scene.giveaways('POST', `/v1/giveaways/${created.body.id}/entries`, { token: stranger.token }),
    );
  });

  it('refuses to claim the prize of somebody else', () =>
    refuses('award_not_yours', () =>
      scene.giveaways('POST', `/v1/awards/${won[0]?.awardId}/claim`, { token: stranger.token }),
    ));

  it('refuses to reveal the code of somebody else', () =>
    refuses('card_not_yours', () =>
      scene.cards('POST', `/v1/gift-cards/${won[0]?.cardId}/reveal-code`, { token: stranger.token }),
    ));

  it('refuses a wrong code, a foreign card, another currency, too much', async () => {
    const redeem =
      (body: object, caller: { token: string; merchantId: string } = scene.merchant) =>
      () =>
        scene.cards('POST', '/v1/redemptions', {
          token: caller.token,
          body: { merchantId: caller.merchantId, code: won[0]?.code, ...body },
        });
    await refuses('card_code_invalid', redeem({ code: 'AAAAA-AAAAA-AAAAA-AAAAA-AAAAA' }));
    await refuses('card_wrong_merchant', redeem({}, otherMerchant));
    await refuses('currency_mismatch', redeem({ currency: 'EUR', amountMinor: '100' }));
    await refuses('card_over_redemption', redeem({ amountMinor: '99999999' }));
    await refuses('merchant_not_found', redeem({ merchantId: otherMerchant.merchantId }));
  });

  it('refuses a used card', async () => {
    const body = { merchantId: scene.merchant.merchantId, code: won[1]?.code };
    const first = await scene.cards('POST', '/v1/redemptions', { token: scene.merchant.token, body });
    expect(first.status).toBe(201);
    await settled(first.body.settlementId);
    await refuses('card_already_redeemed', () =>
      scene.cards('POST', '/v1/redemptions', { token: scene.merchant.token, body }),
    );
  });

  it('refuses another body under the same key, and replays the first answer for the same', async () => {
    const key = randomUUID();
    const body = { merchantId: scene.merchant.merchantId, code: won[2]?.code, amountMinor: '1000' };
    const call = (change: object) => () =>
      scene.cards('POST', '/v1/redemptions', { token: scene.merchant.token, key, body: { ...body, ...change } });
    const first = await call({})();
    expect(first.status).toBe(201);
    await settled(first.body.settlementId);
    await refuses('idempotency_key_reused', call({ amountMinor: '2000' }));
    const again = await call({})();
    expect([again.status, again.headers.get('idempotent-replayed'), again.body]).toEqual([201, 'true', first.body]);
  });

  it('lets nobody past a call that needs a permission without a token', async () => {
    let walked = 0;
    for (const api of [scene.giveaways, scene.cards]) {
      const { paths } = (await api('GET', '/openapi.json')).body as {
        paths: Record<string, Record<string, { description?: string }>>;
      };
      for (const [path, operations] of Object.entries(paths)) {
        for (const [method, { description }] of Object.entries(operations)) {
          const permission = /`(.+)`/.exec(description ?? '')?.[1];
          if (!permission) continue;
          const url = path.replaceAll(/\{\w+\}/g, randomUUID());
          const verb = method.toUpperCase() as 'GET' | 'POST';
          expect([path, (await api(verb, url)).status]).toEqual([path, 401]);
          walked += 1;
        }
      }
    }
    expect(walked).toBeGreaterThan(20);
  });

  it('refuses who is nobody, who may not, and what is nowhere', async () => {
    await refuses('unauthenticated', () => scene.giveaways('POST', '/v1/wallet/fundings'));
    await refuses('token_invalid', () => scene.giveaways('GET', '/v1/wallet', { token: 'nonsense' }));
    await refuses('forbidden', () => scene.cards('GET', '/v1/finance/settlements', { token: stranger.token }));
    await refuses('not_found', () => scene.giveaways('GET', '/v1/nowhere'));
    await refuses('method_not_allowed', () => scene.giveaways('DELETE', '/v1/wallet'));
  });

  async function settled(settlementId: string): Promise<void> {
    await expect
      .poll(
        async () =>
          (await scene.cards('GET', `/v1/settlements/${settlementId}`, { token: scene.merchant.token })).body.state,
      )
      .toBe('SETTLED');
  }
});

describe('entering', () => {
  it('is refused twice and early, and accepted once of fifty at the same moment', async () => {
    const test = await startTestStack();
    try {
      const scene = await setScene(test.stack, { participants: 1 });
      const person = await registerPerson(scene.giveaways, 'Twice', ['participant']);
      const enter = () => scene.giveaways('POST', `/v1/giveaways/${scene.giveawayId}/entries`, { token: person.token });
      const answers = await Promise.all(Array.from({ length: 50 }, enter));
      expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
      expect(new Set(answers.filter(({ status }) => status !== 201).map(({ body }) => body.code))).toEqual(
        new Set(['entry_duplicate']),
      );
    } finally {
      await test.stop();
    }
  });
});
