import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runAudit } from '../../scripts/audit/main.ts';
import { runMainJob } from '../../scripts/demo/main-job.ts';
import { fundWallet, registerPerson } from '../../scripts/demo/people.ts';
import { waitFor } from '../../scripts/demo/watch.ts';
import { apiClient, expectStatus } from '../../scripts/stack/http-client.ts';
import { paymentProvider } from '../support/payment-provider.ts';
import { providerTruth } from '../support/provider-truth.ts';
import { startTestStack, type TestStack } from '../support/test-stack.ts';

describe('the product on the Stripe adapter', () => {
  let test: TestStack;
  beforeAll(async () => {
    test = await startTestStack((stack) => ({
      PAYMENTS_ADAPTER: 'stripe',
      PAYMENTS_URL: `${stack.applicationUrl('payments-simulator')}/stripe`,
      SIMULATOR_WEBHOOK_DIALECT: 'stripe',
    }));
  });
  afterAll(() => test.stop());

  it('does the main job, with a refused payout that finance tries again', async () => {
    const result = await runMainJob(test.stack, { participants: 5, deadlineMs: 15_000, tell: () => {} });
    expect(result.settlements.map(({ state }) => state)).toEqual(['SETTLED', 'SETTLED', 'SETTLED']);
    const { transfers } = await providerTruth(test.stack);
    expect(transfers.filter(({ status }) => status === 'succeeded')).toHaveLength(6);
  });

  it('hears of a disputed charge by the provider’s name of it, and of a payout that came back', async () => {
    const giveaways = apiClient(test.stack.applicationUrl('giveaway-api'));
    const provider = paymentProvider(test.stack);
    const { token } = await registerPerson(giveaways, 'Steve Stripe', ['host']);
    const { fundingId } = await fundWallet(giveaways, token, { amountMinor: '30000', currency: 'USD' });
    const payTo = { token, body: { payoutAccount: 'acct_steve' } };
    expectStatus(await giveaways('PUT', '/v1/wallet/USD/payout-account', payTo), 200);
    const amount = { token, body: { amountMinor: '10000', currency: 'USD' } };
    const { withdrawalId } = expectStatus(await giveaways('POST', '/v1/wallet/withdrawals', amount), 201).body;
    const stateOf = async () =>
      (await giveaways('GET', `/v1/wallet/withdrawals/${withdrawalId}`, { token })).body.state;
    await waitFor('the payout', async () => (await stateOf()) === 'SUCCEEDED');
    const { transfers } = await providerTruth(test.stack);
    await provider.reverse(transfers.find(({ destination }) => destination === 'acct_steve')?.reference ?? '');
    await waitFor('its return', async () => (await stateOf()) === 'RETURNED');

    await provider.dispute(fundingId, '30000');
    const disputes = async () => (await giveaways('GET', '/v1/wallet/disputes', { token })).body.data;
    await waitFor('the dispute', async () => (await disputes()).length === 1);
    expect(await disputes()).toMatchObject([{ disputeId: fundingId, amountMinor: '30000', state: 'OPEN' }]);
  });

  it('keeps every invariant of both books', async () => {
    expect((await runAudit(test.stack.environment)).filter(({ broken }) => broken > 0)).toEqual([]);
  });
});
