import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runAudit } from '../../scripts/audit/main.ts';
import { setUpMerchant, type MerchantSetUp } from '../../scripts/demo/main-job.ts';
import { fundWallet, type Person, registerPerson } from '../../scripts/demo/people.ts';
import { waitFor } from '../../scripts/demo/watch.ts';
import { apiClient, expectStatus, type ApiClient } from '../../scripts/stack/http-client.ts';
import { startTestStack, type TestStack } from '../support/test-stack.ts';

describe('issuing cards from a wallet', () => {
  let test: TestStack;
  let giveaways: ApiClient;
  let cards: ApiClient;
  let merchant: MerchantSetUp;
  let host: Person;

  beforeAll(async () => {
    test = await startTestStack({ SWEEP_INTERVAL_MS: '1000' });
    giveaways = apiClient(test.stack.applicationUrl('giveaway-api'));
    cards = apiClient(test.stack.applicationUrl('giftcard-api'));
    merchant = await setUpMerchant(giveaways, cards, () => {});
    host = await registerPerson(giveaways, 'Ida Issuer', ['host']);
    await fundWallet(giveaways, host.token, { amountMinor: '5000000', currency: 'USD' });
  });
  afterAll(() => test.stop());

  const order = (change: object = {}) =>
    cards('POST', '/v1/card-orders', {
      token: host.token,
      body: { catalogueItemId: merchant.itemId, amountMinor: '5000', ...change },
    });
  const available = async (): Promise<bigint> =>
    BigInt((await giveaways('GET', '/v1/wallet', { token: host.token })).body.data[0].availableMinor);
  const codesOf = async (orderId: string): Promise<string[][]> => {
    const { body } = expectStatus(
      await cards('GET', `/v1/card-orders/${orderId}/codes.csv`, { token: host.token }),
      200,
    );
    return (body as string)
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => line.split(','));
  };

  it('issues one card, with its code, and takes its price from the wallet', async () => {
    const before = await available();
    const { body } = expectStatus(await order({ activate: true }), 201);
    expect(body).toMatchObject({ state: 'ISSUED', count: 1, issued: 1, faceMinor: '5000' });
    expect(await available()).toBe(before - 5_000n);
    const [[cardId, code] = []] = await codesOf(body.orderId);
    const till = { token: merchant.token, body: { merchantId: merchant.merchantId, code } };
    expectStatus(await cards('POST', '/v1/redemptions', till), 201);
    const card = await cards('GET', `/v1/gift-cards/${cardId}`, { token: host.token });
    expect(card.body).toMatchObject({ remainingMinor: '0', redeemedMinor: '5000' });
  });

  it('issues five hundred and one, tells how far it is, and hands out their codes', async () => {
    const placed = expectStatus(await order({ count: 501, activate: true }), 201, 202).body;
    const read = async () => (await cards('GET', `/v1/card-orders/${placed.orderId}`, { token: host.token })).body;
    await waitFor('the order', async () => (await read()).state === 'ISSUED');
    expect(await read()).toMatchObject({ issued: 501, count: 501 });
    const codes = await codesOf(placed.orderId);
    expect(new Set(codes.map(([, code]) => code)).size).toBe(501);
    const list = await cards('GET', '/v1/card-orders?limit=1', { token: host.token });
    expect(list.body.data[0].orderId).toBe(placed.orderId);
    const rest = await cards('GET', `/v1/card-orders?limit=10&after=${list.body.next}`, { token: host.token });
    expect(rest.body).toMatchObject({ data: [{ count: 1 }], next: null });
  });

  it('holds a card at the till, confirms less, and frees what nobody confirms', async () => {
    const { body } = expectStatus(await order({ count: 2, activate: true }), 201);
    const [[firstId, first] = [], [secondId, second] = []] = await codesOf(body.orderId);
    const hold = (code: string | undefined, change: object) =>
      cards('POST', '/v1/authorisations', {
        token: merchant.token,
        body: { merchantId: merchant.merchantId, code, ...change },
      });
    const { authorisationId } = expectStatus(await hold(first, { amountMinor: '3000' }), 201).body;
    const confirm = await cards('POST', `/v1/authorisations/${authorisationId}/confirm`, {
      token: merchant.token,
      body: { amountMinor: '2000' },
    });
    expect(expectStatus(confirm, 201).body).toMatchObject({ amountMinor: '2000', remainingMinor: '3000' });
    const tooLate = await cards('POST', `/v1/authorisations/${authorisationId}/void`, { token: merchant.token });
    expect(tooLate.body.code).toBe('authorisation_confirmed');
    expectStatus(await hold(second, { ttlMs: 15_000 }), 201);
    const seen = async (id: string | undefined) =>
      (await cards('GET', `/v1/gift-cards/${id}`, { token: host.token })).body;
    expect(await seen(secondId)).toMatchObject({ heldMinor: '5000' });
    await waitFor('the sweep', async () => (await seen(secondId)).heldMinor === '0');
    expect(await seen(firstId)).toMatchObject({ remainingMinor: '3000', heldMinor: '0' });
  });

  it('assigns a card of an order to a person, who alone may see its code', async () => {
    const { body } = expectStatus(await order(), 201);
    const person = await registerPerson(giveaways, 'Paul Person', ['participant']);
    const [card] = (await cards('GET', `/v1/card-orders/${body.orderId}/cards`, { token: host.token })).body.data;
    const assign = { token: host.token, body: { assigneeId: person.id } };
    expectStatus(await cards('POST', `/v1/gift-cards/${card.cardId}/assign`, assign), 200);
    expectStatus(await cards('POST', `/v1/gift-cards/${card.cardId}/reveal-code`, { token: person.token }), 200);
    const again = await cards('POST', `/v1/gift-cards/${card.cardId}/assign`, assign);
    expect(again.body.code).toBe('card_not_assignable');
  });

  it('gives back what nobody has of an order that is cancelled', async () => {
    const before = await available();
    const { body } = expectStatus(await order({ count: 3 }), 201);
    expect(await available()).toBe(before - 15_000n);
    const cancel = () =>
      cards('POST', `/v1/card-orders/${body.orderId}/cancel`, { token: host.token, key: 'cancel-1' });
    expectStatus(await cancel(), 202);
    expectStatus(await cancel(), 202);
    await waitFor('the money', async () => (await available()) === before);
  });

  it('refuses what the wallet cannot pay, and undoes the reservation', async () => {
    const before = await available();
    const refused = await order({ count: 5_000 });
    expect(refused.body.code).toBe('wallet_insufficient_funds');
    expect(await available()).toBe(before);
    const [failed] = (await cards('GET', '/v1/card-orders', { token: host.token })).body.data;
    expect(failed).toMatchObject({ state: 'FAILED', failureCode: 'wallet_insufficient_funds', issued: 0 });
  });

  it('keeps every invariant of both books', async () => {
    await waitFor('the settlements', async () => {
      const open = await cards('GET', '/v1/settlements', { token: merchant.token });
      return open.body.data.every(({ state }: { state: string }) => state === 'SETTLED');
    });
    expect((await runAudit(test.stack.environment)).filter(({ broken }) => broken > 0)).toEqual([]);
  });
});
