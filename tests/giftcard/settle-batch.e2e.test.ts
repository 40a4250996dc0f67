import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runAudit } from '../../scripts/audit/main.ts';
import { setUpMerchant, type MerchantSetUp } from '../../scripts/demo/main-job.ts';
import { registerFinance, registerPerson, type Person } from '../../scripts/demo/people.ts';
import { waitFor } from '../../scripts/demo/watch.ts';
import { apiClient, expectStatus, type ApiClient } from '../../scripts/stack/http-client.ts';
import { providerTruth } from '../support/provider-truth.ts';
import { startTestStack, type TestStack } from '../support/test-stack.ts';

describe('a merchant who is paid by the day', () => {
  let test: TestStack;
  let giveaways: ApiClient;
  let cards: ApiClient;
  let merchant: MerchantSetUp;
  let host: Person;
  let finance: Person;

  beforeAll(async () => {
    test = await startTestStack();
    const { environment } = test.stack;
    giveaways = apiClient(test.stack.applicationUrl('giveaway-api'));
    cards = apiClient(test.stack.applicationUrl('giftcard-api'));
    merchant = await setUpMerchant(giveaways, cards, () => {});
    const schedule = { token: merchant.token, body: { payoutSchedule: 'daily' } };
    expectStatus(await cards('PATCH', `/v1/merchants/${merchant.merchantId}`, schedule), 200);
    host = await registerPerson(giveaways, 'Dora Daily', ['host']);
    const body = { amountMinor: '100000', currency: 'USD', source: 'tok_visa' };
    expectStatus(await giveaways('POST', '/v1/wallet/fundings', { token: host.token, body }), 201);
    finance = await registerFinance(giveaways, environment);
  }, 120_000);
  afterAll(() => test.stop());

  /** Redeems that many fresh cards of 5000. */
  async function redeem(count: number): Promise<string[]> {
    const order = { catalogueItemId: merchant.itemId, amountMinor: '5000', count, activate: true };
    const { body } = expectStatus(await cards('POST', '/v1/card-orders', { token: host.token, body: order }), 201);
    const csv = await cards('GET', `/v1/card-orders/${body.orderId}/codes.csv`, { token: host.token });
    const codes = (csv.body as string)
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => line.split(',')[1]);
    const ids: string[] = [];
    for (const code of codes) {
      const till = { token: merchant.token, body: { merchantId: merchant.merchantId, code } };
      const redeemed = expectStatus(await cards('POST', '/v1/redemptions', till), 201);
      expect(redeemed.body).toMatchObject({ state: 'LINED_UP', settlementId: null });
      ids.push(redeemed.body.redemptionId);
    }
    return ids;
  }
  const settleNow = async () =>
    expectStatus(
      await cards('POST', '/v1/finance/settlement-runs', { token: finance.token, body: { cadence: 'daily' } }),
      202,
    );
  const stateOf = async (redemptionId: string | undefined): Promise<string> =>
    (await cards('GET', `/v1/redemptions/${redemptionId}`, { token: merchant.token })).body.state;

  it('is paid three redemptions with one transfer, and so is the platform', async () => {
    const before = (await providerTruth(test.stack)).transfers.length;
    const [first] = await redeem(3);
    await settleNow();
    await waitFor('the settlement', async () => (await stateOf(first)) === 'SETTLED');
    const { transfers } = await providerTruth(test.stack);
    expect(transfers).toHaveLength(before + 2);
    const [settlement] = (await cards('GET', '/v1/settlements', { token: merchant.token })).body.data;
    expect(settlement).toMatchObject({ kind: 'batch', redemptions: 3, gross: '15000', state: 'SETTLED' });
    const { fee, service, merchant: share } = settlement;
    expect(BigInt(fee) + BigInt(service) + BigInt(share)).toBe(15_000n);
    expect(transfers.slice(before).map(({ amount }) => amount)).toEqual([share, service]);
  }, 120_000);

  it('parks a batch that is refused, until finance has decided', async () => {
    const account = async (action: 'close' | 'open'): Promise<void> => {
      await fetch(
        `${test.stack.applicationUrl('payments-simulator')}/admin/accounts/${merchant.payoutAccount}/${action}`,
        {
          method: 'POST',
          headers: { authorization: `Bearer ${test.stack.environment['SIMULATOR_ADMIN_TOKEN']}` },
        },
      );
    };
    await account('close');
    const [first] = await redeem(2);
    await settleNow();
    await waitFor('the case', async () => (await stateOf(first)) === 'NEEDS_ATTENTION');
    const list = await cards('GET', '/v1/finance/settlements?state=needs_attention', { token: finance.token });
    const [parked] = list.body.data;
    expect(parked).toMatchObject({ kind: 'batch', redemptions: 2, reason: 'account_closed' });
    await account('open');
    const retry = { token: finance.token, body: { caseNumber: parked.caseNumber, reason: 'account open again' } };
    expectStatus(await cards('POST', `/v1/finance/settlements/${parked.settlementId}/retry`, retry), 202);
    await waitFor('the settlement', async () => (await stateOf(first)) === 'SETTLED');
  }, 120_000);

  it('keeps every invariant of both books', async () => {
    expect((await runAudit(test.stack.environment)).filter(({ broken }) => broken > 0)).toEqual([]);
  });
});
