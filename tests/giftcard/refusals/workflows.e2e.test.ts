import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ERROR_STATUS, type ErrorCode } from '../../../domain/errors.ts';
import { setUpMerchant, type MerchantSetUp } from '../../../scripts/demo/main-job.ts';
import { registerFinance, registerPerson, type Person } from '../../../scripts/demo/people.ts';
import { apiClient, expectStatus, type Answer, type ApiClient } from '../../../scripts/stack/http-client.ts';
import { startTestStack, type TestStack } from '../../support/test-stack.ts';
import { digestOf, movedIn } from '../../support/unchanged.ts';

const NOBODY = randomUUID();
const reason = { reason: 'returned goods' };

/** The rest of what money refuses: here a workflow is asked, or would be started. */
describe('what a workflow of money is asked, and refuses', () => {
  let test: TestStack;
  let giveaways: ApiClient;
  let cards: ApiClient;
  let merchant: MerchantSetUp;
  let finance: Person;
  let host: Person;
  let poor: Person;
  let frozen: Person;
  let fresh: Person;
  let stranger: Person;
  let nowhere: Person;
  const ids = { redemption: '', range: '', retired: '', euro: '', expired: '' };

  const fund = async ({ token }: Person, amountMinor: string): Promise<void> => {
    const body = { amountMinor, currency: 'USD', source: 'tok_visa' };
    expectStatus(await giveaways('POST', '/v1/wallet/fundings', { token, body }), 201);
  };
  const payTo = async ({ token }: Person): Promise<void> => {
    const account = { token, body: { payoutAccount: 'acct_somebody' } };
    expectStatus(await giveaways('PUT', '/v1/wallet/USD/payout-account', account), 200);
  };
  const funded = async (name: string, amountMinor: string): Promise<Person> => {
    const person = await registerPerson(giveaways, name, ['host']);
    await fund(person, amountMinor);
    await payTo(person);
    return person;
  };
  const control = async ({ id }: Person, body: object): Promise<void> => {
    const path = `/v1/finance/wallets/${id}/USD`;
    expectStatus(await giveaways('PUT', path, { token: finance.token, body: { ...body, ...reason } }), 200);
  };
  const item = async (body: object): Promise<string> => {
    const path = `/v1/merchants/${merchant.merchantId}/catalogue-items`;
    const sold = { name: 'Card', currency: 'USD', minMinor: '1', maxMinor: '90000', validityDays: 30, ...body };
    return expectStatus(await cards('POST', path, { token: merchant.token, body: sold }), 201).body.id;
  };
  const order = ({ token }: Person, catalogueItemId: string, amountMinor: string, count = 1): Promise<Answer> =>
    cards('POST', '/v1/card-orders', { token, body: { catalogueItemId, amountMinor, count, activate: true } });
  const get = (who: Person, path: string): Promise<Answer> => giveaways('GET', path, { token: who.token });
  const resolveDispute = (disputeId: string): Promise<Answer> =>
    giveaways('POST', `/v1/finance/disputes/${disputeId}/resolve`, {
      token: finance.token,
      body: { caseNumber: 1, outcome: 'lost', ...reason },
    });
  const withdraw = ({ token }: Person, amountMinor: string, currency = 'USD'): Promise<Answer> =>
    giveaways('POST', '/v1/wallet/withdrawals', { token, body: { amountMinor, currency } });
  const refund = (redemptionId: string, body: object, who: Person | MerchantSetUp = merchant): Promise<Answer> =>
    cards('POST', `/v1/redemptions/${redemptionId}/refunds`, { token: who.token, body: { ...reason, ...body } });

  beforeAll(async () => {
    test = await startTestStack({ PAYOUT_MINIMUMS: 'USD:50' });
    giveaways = apiClient(test.stack.applicationUrl('giveaway-api'));
    cards = apiClient(test.stack.applicationUrl('giftcard-api'));
    merchant = await setUpMerchant(giveaways, cards, () => {});
    const schedule = { token: merchant.token, body: { payoutSchedule: 'daily' } };
    expectStatus(await cards('PATCH', `/v1/merchants/${merchant.merchantId}`, schedule), 200);
    finance = await registerFinance(giveaways, test.stack.environment);
    host = await funded('Hilda Host', '30000');
    stranger = await registerPerson(giveaways, 'Stan Stranger', ['merchant']);
    poor = await registerPerson(giveaways, 'Paul Poor', ['host']);
    nowhere = await registerPerson(giveaways, 'Nora Nowhere', ['host']);
    await fund(nowhere, '9000');
    frozen = await funded('Fred Frozen', '9000');
    await control(frozen, { state: 'FROZEN' });
    fresh = await funded('Flora Fresh', '9000');
    await control(fresh, { spendableAfterMs: 86_400_000 });
    ids.range = await item({});
    ids.euro = await item({ currency: 'EUR' });
    ids.retired = await item({});
    const retire = `/v1/merchants/${merchant.merchantId}/catalogue-items/${ids.retired}/retire`;
    expectStatus(await cards('POST', retire, { token: merchant.token }), 200);
    const validUntil = Date.now() + 15_000;
    ids.expired = await item({ validUntil: new Date(validUntil).toISOString() });
    // Most of the wallet is set aside in cards; one of them is spent.
    const { orderId } = expectStatus(await order(host, ids.range, '10000', 2), 201).body;
    const csv = await cards('GET', `/v1/card-orders/${orderId}/codes.csv`, { token: host.token });
    const [, code = ''] = ((csv.body as string).split('\n')[1] ?? '').split(',');
    const till = { token: merchant.token, body: { merchantId: merchant.merchantId, code, amountMinor: '4000' } };
    ids.redemption = expectStatus(await cards('POST', '/v1/redemptions', till), 201).body.redemptionId;
    await setTimeout(Math.max(0, validUntil - Date.now()) + 500);
  });
  afterAll(() => test.stop());

  it.each<[ErrorCode, string, () => Promise<Answer>]>([
    [
      'refund_exceeds_redemption',
      'a refund of more than was redeemed',
      () => refund(ids.redemption, { amountMinor: '4001' }),
    ],
    ['redemption_not_found', 'a refund of nothing', () => refund(NOBODY, {})],
    ['redemption_not_found', 'a refund at a shop of somebody else', () => refund(ids.redemption, {}, stranger)],
    ['catalogue_item_not_found', 'an order of nothing', () => order(host, NOBODY, '100')],
    ['catalogue_item_not_found', 'an order of what is not sold any more', () => order(host, ids.retired, '100')],
    ['catalogue_item_expired', 'an order of cards that would have expired', () => order(host, ids.expired, '100')],
    ['catalogue_amount_not_offered', 'an order of another amount', () => order(host, ids.range, '90001')],
    ['wallet_insufficient_funds', 'a withdrawal of what is held', () => withdraw(host, '10001')],
    ['wallet_not_found', 'a withdrawal from no wallet', () => withdraw(poor, '100')],
    ['wallet_not_found', 'a withdrawal in another currency', () => withdraw(host, '100', 'EUR')],
    ['wallet_frozen', 'a withdrawal from a frozen wallet', () => withdraw(frozen, '100')],
    ['wallet_funds_not_yet_spendable', 'a withdrawal of a charge that is too new', () => withdraw(fresh, '100')],
    ['withdrawal_too_small', 'a withdrawal of less than the provider pays out', () => withdraw(host, '1')],
    ['payout_account_missing', 'a withdrawal to nowhere', () => withdraw(nowhere, '100')],
    ['withdrawal_not_found', 'a withdrawal of nobody', () => get(host, `/v1/wallet/withdrawals/${NOBODY}`)],
    ['funding_not_found', 'the case of no charge', () => get(finance, `/v1/finance/fundings/${NOBODY}`)],
    ['dispute_not_found', 'the end of no dispute', () => resolveDispute(NOBODY)],
    ['amount_not_positive', 'a withdrawal of nothing', () => withdraw(host, '0')],
  ])('%s: %s', async (code, _what, call) => refuses(code, call, digestOf));

  // The order is noted as failed, and the hold under its id as undone, so that a late one is refused.
  it.each<[ErrorCode, string, () => Promise<Answer>]>([
    ['wallet_not_found', 'an order in a currency that the wallet does not hold', () => order(host, ids.euro, '100')],
    ['wallet_insufficient_funds', 'an order of more than is free', () => order(host, ids.range, '10001')],
    ['wallet_frozen', 'an order from a frozen wallet', () => order(frozen, ids.range, '100')],
    ['wallet_funds_not_yet_spendable', 'an order from a charge that is too new', () => order(fresh, ids.range, '100')],
  ])('%s: %s', async (code, _what, call) => refuses(code, call, movedIn));

  async function refuses(code: ErrorCode, call: () => Promise<Answer>, digest: typeof digestOf): Promise<void> {
    const before = await digest(test.stack);
    const answer = await call();
    expect([answer.status, answer.body.code], answer.text).toEqual([ERROR_STATUS[code], code]);
    expect(await digest(test.stack)).toBe(before);
  }
});
