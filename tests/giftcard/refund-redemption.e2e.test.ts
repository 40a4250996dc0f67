import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runAudit } from '../../scripts/audit/main.ts';
import { setUpMerchant, type MerchantSetUp } from '../../scripts/demo/main-job.ts';
import { fundWallet, type Person, registerFinance, registerPerson } from '../../scripts/demo/people.ts';
import { waitFor } from '../../scripts/demo/watch.ts';
import { apiClient, expectStatus, type ApiClient } from '../../scripts/stack/http-client.ts';
import { paymentProvider } from '../support/payment-provider.ts';
import { providerTruth } from '../support/provider-truth.ts';
import { startTestStack, type TestStack } from '../support/test-stack.ts';

describe('money that goes back, and payouts that wait', () => {
  let test: TestStack;
  let giveaways: ApiClient;
  let cards: ApiClient;
  let merchant: MerchantSetUp;
  let host: Person;
  let finance: readonly Person[];

  beforeAll(async () => {
    test = await startTestStack();
    const { environment } = test.stack;
    giveaways = apiClient(test.stack.applicationUrl('giveaway-api'));
    cards = apiClient(test.stack.applicationUrl('giftcard-api'));
    merchant = await setUpMerchant(giveaways, cards, () => {});
    host = await registerPerson(giveaways, 'Rita Refund', ['host']);
    await fundWallet(giveaways, host.token, { amountMinor: '100000', currency: 'USD' });
    finance = [await registerFinance(giveaways, environment), await registerFinance(giveaways, environment)];
  });
  afterAll(() => test.stop());

  const refuseNext = (match: object, code: string) =>
    fetch(`${test.stack.applicationUrl('payments-simulator')}/admin/faults`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${test.stack.environment['SIMULATOR_ADMIN_TOKEN']}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify({ match: { operation: 'transfer', ...match }, effect: 'before', kind: 'refuse', code }),
    });
  async function redeem(): Promise<{ redemptionId: string; cardId: string; code: string }> {
    const order = { catalogueItemId: merchant.itemId, amountMinor: '10000', activate: true };
    const { body } = expectStatus(await cards('POST', '/v1/card-orders', { token: host.token, body: order }), 201);
    const csv = await cards('GET', `/v1/card-orders/${body.orderId}/codes.csv`, { token: host.token });
    const [cardId = '', code = ''] = ((csv.body as string).split('\n')[1] ?? '').split(',');
    const till = { token: merchant.token, body: { merchantId: merchant.merchantId, code } };
    const redeemed = expectStatus(await cards('POST', '/v1/redemptions', till), 201);
    return { redemptionId: redeemed.body.redemptionId, cardId, code };
  }
  const settled = (redemptionId: string) =>
    waitFor('the settlement', async () => {
      const { body } = await cards('GET', `/v1/redemptions/${redemptionId}`, { token: merchant.token });
      return body.state === 'SETTLED';
    });
  const refund = async (redemptionId: string, body: object = {}) =>
    cards('POST', `/v1/redemptions/${redemptionId}/refunds`, {
      token: merchant.token,
      body: { reason: 'returned goods', ...body },
    });
  const read = async (refundId: string) =>
    (await cards('GET', `/v1/refunds/${refundId}`, { token: merchant.token })).body;
  const remaining = async (cardId: string) =>
    (await cards('GET', `/v1/gift-cards/${cardId}`, { token: host.token })).body.remainingMinor;

  it('pulls a paid redemption back at the provider, and the card can be spent again', async () => {
    const { redemptionId, cardId, code } = await redeem();
    await settled(redemptionId);
    const { refundId } = expectStatus(await refund(redemptionId, { amountMinor: '4000' }), 201).body;
    await waitFor('the refund', async () => (await read(refundId)).state === 'COMPLETED');
    expect(await read(refundId)).toMatchObject({ way: 'pulled_back', amountMinor: '4000' });
    expect(await remaining(cardId)).toBe('4000');
    const again = { token: merchant.token, body: { merchantId: merchant.merchantId, code } };
    const spent = expectStatus(await cards('POST', '/v1/redemptions', again), 201);
    expect(spent.body).toMatchObject({ amountMinor: '4000', remainingMinor: '0' });
    const tooMuch = await refund(redemptionId, { amountMinor: '6001' });
    expect(tooMuch.body.code).toBe('refund_exceeds_redemption');
  });

  it('waits for a merchant who cannot give it back, until two people of finance honour it', async () => {
    const { redemptionId, cardId } = await redeem();
    await settled(redemptionId);
    await refuseNext({ destinationAccount: 'pool' }, 'insufficient_funds');
    const { refundId } = expectStatus(await refund(redemptionId), 201).body;
    await waitFor('the case', async () => (await read(refundId)).state === 'WAITING_FOR_MERCHANT');
    expect(await remaining(cardId)).toBe('0');
    const honour = (who: number, caseNumber = 1) =>
      cards('POST', `/v1/finance/refunds/${refundId}/honour`, {
        token: finance[who]?.token,
        body: { caseNumber, reason: 'the customer is right' },
      });
    expect((await honour(0, 2)).body.code).toBe('case_changed');
    expect(expectStatus(await honour(0), 200).body.approved).toBe(false);
    expect(expectStatus(await honour(0), 200).body.approved).toBe(false);
    expectStatus(await honour(1), 202);
    await waitFor('the refund', async () => (await read(refundId)).state === 'COMPLETED');
    expect(await read(refundId)).toMatchObject({ way: 'honoured' });
    expect(await remaining(cardId)).toBe('10000');
  });

  it('pauses the payouts of a currency while the pooled account is short, and goes on by itself', async () => {
    await refuseNext({ destinationAccount: merchant.payoutAccount }, 'insufficient_funds');
    const { redemptionId } = await redeem();
    const lanes = async () => (await cards('GET', '/v1/finance/payout-lanes', { token: finance[0]?.token })).body.data;
    await settled(redemptionId);
    // Only a lane that was paused is resumed.
    expect(await lanes()).toMatchObject([{ currency: 'USD', pausedAt: null, resumedAt: expect.any(String) }]);
    const { transfers } = await providerTruth(test.stack);
    expect(new Set(transfers.map(({ reference }) => reference)).size).toBe(transfers.length);
  });

  it('reopens a settlement whose payout came back, until finance has decided', async () => {
    const { redemptionId } = await redeem();
    await settled(redemptionId);
    const [settlement] = (await cards('GET', '/v1/settlements?limit=1', { token: merchant.token })).body.data;
    const [intent] = settlement.intents;
    const back = `${test.stack.applicationUrl('payments-simulator')}/admin/transfers/${intent.intentId}/reverse`;
    const headers = { authorization: `Bearer ${test.stack.environment['SIMULATOR_ADMIN_TOKEN']}` };
    expect((await fetch(back, { method: 'POST', headers })).status).toBe(204);
    const parked = async () =>
      (await cards('GET', '/v1/finance/settlements?state=needs_attention', { token: finance[0]?.token })).body.data;
    await waitFor('the case', async () => (await parked()).length === 1);
    const [{ settlementId, caseNumber, reason }] = await parked();
    expect(reason).toBe('payout_reversed');
    const amend = { caseNumber, reason: 'their new bank', payoutAccount: 'acct_elsewhere' };
    const decision = { token: finance[0]?.token, body: amend };
    // The row is parked a moment before its workflow takes decisions.
    const decide = () => cards('POST', `/v1/finance/settlements/${settlementId}/amend`, decision);
    await waitFor('the decision', async () => (await decide()).status === 202);
    await settled(redemptionId);
    const { transfers } = await providerTruth(test.stack);
    expect(transfers.at(-1)).toMatchObject({ destination: 'acct_elsewhere', status: 'succeeded' });
  });

  it('notes what a merchant owes who has back what was taken for a refund', async () => {
    const { redemptionId, cardId } = await redeem();
    await settled(redemptionId);
    const { refundId } = expectStatus(await refund(redemptionId), 201).body;
    const asFinance = async (path: string) =>
      expectStatus(await cards('GET', `/v1/finance/${path}`, { token: finance[0]?.token }), 200).body;
    await waitFor('the refund', async () => (await read(refundId)).state === 'COMPLETED');
    const owed = async (): Promise<bigint> => {
      const { data } = await asFinance(`accounts?type=merchant:receivable&ownerId=${merchant.merchantId}`);
      return BigInt(data[0]?.balanceMinor ?? '0');
    };
    const before = await owed();
    const [pullBack] = (await asFinance(`refunds/${refundId}`)).intents;
    await paymentProvider(test.stack).reverse(pullBack.intentId);
    await waitFor('the debt', async () => (await owed()) - before === BigInt(pullBack.amountMinor));
    // What the provider says is asked there and then, and not for long.
    const says = async () => (await asFinance(`refunds/${refundId}`)).intents[0].provider.says;
    await waitFor('the provider’s word', async () => (await says()) === 'reversed');
    const after = await asFinance(`refunds/${refundId}`);
    expect(after).toMatchObject({ state: 'COMPLETED', intents: [{ state: 'REVERSED' }] });
    expect(after.history.at(-1)).toMatchObject({ type: 'giftcard.refund.pull_back_reversed' });
    expect(await remaining(cardId)).toBe('10000');
  });

  it('explains a settlement to its merchant, and quotes without effect', async () => {
    const [{ settlementId }] = (await cards('GET', '/v1/settlements?limit=1', { token: merchant.token })).body.data;
    const explained = await cards('GET', `/v1/settlements/${settlementId}/explanation`, { token: merchant.token });
    const { lines, transfers, merchant: share } = expectStatus(explained, 200).body;
    expect(lines[0].after.steps.at(-1)).toMatchObject({ name: 'M', value: share });
    expect(transfers.map(({ code }: { code: string }) => code)).toContain('settle.merchant');
    const quote = await cards('POST', '/v1/settlements/quote', {
      token: merchant.token,
      body: { merchantId: merchant.merchantId, faceMinor: '10000', fundingFeeMinor: '250' },
    });
    const shares = { feeMinor: '250', serviceMinor: '488', merchantMinor: '9262' };
    expect(expectStatus(quote, 200).body.shares).toEqual(shares);
  });

  it('keeps every invariant of both books', async () => {
    expect((await runAudit(test.stack.environment)).filter(({ broken }) => broken > 0)).toEqual([]);
  });
});
