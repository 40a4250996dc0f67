import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runAudit } from '../../scripts/audit/main.ts';
import { setUpMerchant, type MerchantSetUp } from '../../scripts/demo/main-job.ts';
import { fundWallet, registerFinance, registerPerson, type Person } from '../../scripts/demo/people.ts';
import { waitFor } from '../../scripts/demo/watch.ts';
import { apiClient, expectStatus, type Answer, type ApiClient } from '../../scripts/stack/http-client.ts';
import { issueGiftCardsId } from '../../workflows/giftcard/contract.ts';
import { redeemGiftCardId } from '../../workflows/giftcard/settlement.contract.ts';
import { withdrawWalletId } from '../../workflows/wallet/contract.ts';
import { withTemporal } from '../support/lost-workflows.ts';
import { orderCards } from '../support/order-cards.ts';
import { paymentProvider } from '../support/payment-provider.ts';
import { startTestStack, type TestStack } from '../support/test-stack.ts';

/** Ask again: nobody can say yet. */
const NOT_YET = new Set<unknown>([202, 'service_unavailable', 'idempotency_in_flight']);

describe('a workflow that ended before anybody could hear its answer', () => {
  let test: TestStack;
  let giveaways: ApiClient;
  let cards: ApiClient;
  let merchant: MerchantSetUp;
  let host: Person;
  let asked: { withdraw: () => Promise<Answer>; order: () => Promise<Answer>; tooMuch: () => Promise<Answer> };

  beforeAll(async () => {
    test = await startTestStack({ REQUEST_BUDGET_MS: '3000', OWNER_SWEEP_AFTER_MS: '8000', SWEEP_INTERVAL_MS: '2000' });
    giveaways = apiClient(test.stack.applicationUrl('giveaway-api'));
    cards = apiClient(test.stack.applicationUrl('giftcard-api'));
    merchant = await setUpMerchant(giveaways, cards, () => {});
    host = await registerPerson(giveaways, 'Lost Answers', ['host']);
    await fundWallet(giveaways, host.token, { amountMinor: '50000', currency: 'USD' });
    const { token } = host;
    const account = { token, body: { payoutAccount: 'acct_lost' } };
    expectStatus(await giveaways('PUT', '/v1/wallet/USD/payout-account', account), 200);
    const withdraw = (amountMinor: string, key: string) => () =>
      giveaways('POST', '/v1/wallet/withdrawals', { token, key, body: { amountMinor, currency: 'USD' } });
    const body = { catalogueItemId: merchant.itemId, amountMinor: '5000', activate: true };
    asked = {
      withdraw: withdraw('10000', 'some'),
      tooMuch: withdraw('9000000', 'too-much'),
      order: () => cards('POST', '/v1/card-orders', { token, key: 'cards', body }),
    };
  });
  afterAll(() => test.stop());

  /** Asks for all three, again and again with the same keys, until each has such an answer. */
  async function each(suits: (answer: Answer) => boolean): Promise<Answer[]> {
    let answers: Answer[] = [];
    await waitFor('such answers', async () => {
      answers = await Promise.all([asked.withdraw(), asked.tooMuch(), asked.order()]);
      return answers.every(suits);
    });
    return answers;
  }

  it('is answered when it is asked again', async () => {
    const { stack } = test;
    await stack.kill('worker');
    // They are started, and wait for a worker; whoever asks waits in the server's memory.
    const first = await each((answer) => answer.status === 202);
    await stack.kill('temporal');
    await stack.restart('temporal');
    await stack.restart('worker');
    const [some, much, cardsOf] = first.map(({ body }) => body);
    await withTemporal(stack, async ({ giveaway, giftcard }) => {
      const handles = [
        giveaway.workflow.getHandle(withdrawWalletId(some.withdrawalId)),
        giveaway.workflow.getHandle(withdrawWalletId(much.withdrawalId)),
        giftcard.workflow.getHandle(issueGiftCardsId(cardsOf.orderId)),
      ];
      for (const handle of handles)
        await waitFor(`${handle.workflowId} to end`, async () => (await handle.describe()).status.name === 'COMPLETED');
    });
    const [withdrawn, refused, ordered] = await each(({ status, body }) => !NOT_YET.has(body.code ?? status));
    expect(withdrawn).toMatchObject({ status: 201, body: { withdrawalId: some.withdrawalId, amountMinor: '10000' } });
    expect(refused).toMatchObject({ status: 422, body: { code: 'wallet_insufficient_funds' } });
    expect(ordered).toMatchObject({ status: 201, body: { orderId: cardsOf.orderId, count: 1 } });
    expect((await runAudit(stack.environment)).filter(({ broken }) => broken > 0)).toEqual([]);
  });

  it('has not refused a decision that nobody could take: the same one is taken once somebody is there', async () => {
    const { stack } = test;
    const match = { operation: 'transfer', destinationAccount: merchant.payoutAccount };
    await paymentProvider(stack).strike({ match, effect: 'before', kind: 'refuse', code: 'account_closed' });
    const [code] = await orderCards(cards, host, merchant, 1);
    const till = { token: merchant.token, body: { merchantId: merchant.merchantId, code } };
    const redeemed = expectStatus(await cards('POST', '/v1/redemptions', till), 201).body;
    const path = `/v1/settlements/${redeemed.settlementId}`;
    const finance = await registerFinance(giveaways, stack.environment);
    const settlement = async () => (await cards('GET', path, { token: finance.token })).body;
    await waitFor('the case', async () => (await settlement()).state === 'NEEDS_ATTENTION');
    const { caseNumber } = await settlement();
    await withTemporal(stack, ({ giftcard }) =>
      giftcard.workflow.getHandle(redeemGiftCardId(redeemed.redemptionId)).terminate('an operator was wrong'),
    );
    const body = { caseNumber, reason: 'the account is open again' };
    const retry = () =>
      cards('POST', `/v1/finance/settlements/${redeemed.settlementId}/retry`, {
        token: finance.token,
        key: 'retry',
        body,
      });
    const statuses = new Set<number>();
    await waitFor('somebody to take it', async () => {
      const { status } = await retry();
      statuses.add(status);
      return status === 202;
    });
    expect([...statuses].filter((status) => status !== 503)).toEqual([202]);
    await waitFor('the payout', async () => (await settlement()).state === 'SETTLED');
    expect((await runAudit(stack.environment)).filter(({ broken }) => broken > 0)).toEqual([]);
  });
});
