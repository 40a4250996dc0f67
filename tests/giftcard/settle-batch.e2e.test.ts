import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runAudit } from '../../scripts/audit/main.ts';
import { setUpMerchant, type MerchantSetUp } from '../../scripts/demo/main-job.ts';
import { fundWallet, type Person, registerFinance, registerPerson } from '../../scripts/demo/people.ts';
import { waitFor } from '../../scripts/demo/watch.ts';
import { apiClient, expectStatus, type ApiClient } from '../../scripts/stack/http-client.ts';
import { query } from '../../scripts/stack/postgres.ts';
import { SETTLE_BATCH } from '../../workflows/giftcard/settlement.contract.ts';
import { withTemporal } from '../support/lost-workflows.ts';
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
    // An audit while the books are bent here would halt what is to be seen.
    test = await startTestStack({ SWEEP_INTERVAL_MS: '86400000' });
    const { environment } = test.stack;
    giveaways = apiClient(test.stack.applicationUrl('giveaway-api'));
    cards = apiClient(test.stack.applicationUrl('giftcard-api'));
    merchant = await setUpMerchant(giveaways, cards, () => {});
    const schedule = { token: merchant.token, body: { payoutSchedule: 'daily' } };
    expectStatus(await cards('PATCH', `/v1/merchants/${merchant.merchantId}`, schedule), 200);
    host = await registerPerson(giveaways, 'Dora Daily', ['host']);
    await fundWallet(giveaways, host.token, { amountMinor: '100000', currency: 'USD' });
    finance = await registerFinance(giveaways, environment);
  });
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
  });

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
  });

  it('is tried again while the books lack what is due, and paid when they are mended', async () => {
    const payable = `ledger_account('merchant:payable', '${merchant.merchantId}', 'USD')`;
    const elsewhere = `ledger_account('unclaimed', 'nobody', 'USD')`;
    const move = (from: string, to: string) =>
      query(
        test.stack.environment['DATABASE_URL_GIFTCARD'] ?? '',
        `select ledger_book(array[ledger_transfer('posted', gen_random_uuid(), ${from}, ${to}, 4000, 'USD', 'test', 'test')])`,
      );
    const [first] = await redeem(1);
    await move(payable, elsewhere);
    await settleNow();
    await withTemporal(test.stack, ({ giftcard }) =>
      waitFor('attempts of its first step', async () => {
        const running = `WorkflowType = '${SETTLE_BATCH}' and ExecutionStatus = 'Running'`;
        for await (const { workflowId } of giftcard.workflow.list({ query: running })) {
          const { raw } = await giftcard.workflow.getHandle(workflowId).describe();
          const [pending] = raw.pendingActivities ?? [];
          if (pending?.lastFailure?.applicationFailureInfo?.type === 'ledger_insufficient_balance')
            return (pending.attempt ?? 0) > 2;
        }
        return false;
      }),
    );
    expect(await stateOf(first)).toBe('LINED_UP');
    await move(elsewhere, payable);
    await waitFor('the settlement', async () => (await stateOf(first)) === 'SETTLED');
  });

  it('keeps every invariant of both books', async () => {
    expect((await runAudit(test.stack.environment)).filter(({ broken }) => broken > 0)).toEqual([]);
  });
});
