import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect, type Database } from '../../db/connect.ts';
import { cancelGiveaway } from '../../db/giveaway/cancel-giveaway.ts';
import { claimAward } from '../../db/giveaway/claim-award.ts';
import { requestDraw } from '../../db/giveaway/draw-by-hand.ts';
import {
  insertOrderCards,
  openOrderCards,
  placeCardOrder,
  reserveCardOrder,
} from '../../db/giftcard/issue-gift-cards.ts';
import { holdWallet, postWalletHold } from '../../db/wallet/hold-wallet.ts';
import { runAudit } from '../../scripts/audit/main.ts';
import {
  enterAll,
  findWinners,
  publishGiveaway,
  setUpMerchant,
  type MerchantSetUp,
} from '../../scripts/demo/main-job.ts';
import { fundWallet, type Person, registerFinance, registerPerson } from '../../scripts/demo/people.ts';
import { waitFor } from '../../scripts/demo/watch.ts';
import { apiClient, expectStatus, type ApiClient } from '../../scripts/stack/http-client.ts';
import { issueGiftCardsId } from '../../workflows/giftcard/contract.ts';
import { redeemGiftCardId } from '../../workflows/giftcard/settlement.contract.ts';
import { claimAwardId } from '../../workflows/giveaway/contract.ts';
import { loseTemporalStore, terminateEverything, withTemporal } from '../support/lost-workflows.ts';
import { paymentProvider } from '../support/payment-provider.ts';
import { providerTruth } from '../support/provider-truth.ts';
import { orderCards } from '../support/order-cards.ts';
import { endEntry } from '../support/scene.ts';
import { startTestStack, type TestStack } from '../support/test-stack.ts';
import { PATIENCE_MS } from '../support/database.ts';

const cause = { actor: 'system', requestId: 'test' };
const UNTOUCHED_MS = 4_000;

describe('what has lost its workflow', () => {
  let test: TestStack;
  let giveaways: ApiClient;
  let cards: ApiClient;
  let merchant: MerchantSetUp;
  let daily: MerchantSetUp;
  let host: Person;
  let finance: Person;
  let provider: ReturnType<typeof paymentProvider>;
  let books: { readonly giveaway: Database; readonly giftcard: Database };

  beforeAll(async () => {
    test = await startTestStack({ OWNER_SWEEP_AFTER_MS: String(UNTOUCHED_MS), SWEEP_INTERVAL_MS: '2000' });
    const { environment } = test.stack;
    provider = paymentProvider(test.stack);
    giveaways = apiClient(test.stack.applicationUrl('giveaway-api'));
    cards = apiClient(test.stack.applicationUrl('giftcard-api'));
    const open = (url = ''): Database =>
      connect({ url, poolMax: 2, applicationName: 'handsel-test', patienceMs: PATIENCE_MS });
    books = {
      giveaway: open(environment['DATABASE_URL_GIVEAWAY']),
      giftcard: open(environment['DATABASE_URL_GIFTCARD']),
    };
    merchant = await setUpMerchant(giveaways, cards, () => {});
    daily = await setUpMerchant(giveaways, cards, () => {});
    const schedule = { token: daily.token, body: { payoutSchedule: 'daily' } };
    expectStatus(await cards('PATCH', `/v1/merchants/${daily.merchantId}`, schedule), 200);
    host = await registerPerson(giveaways, 'Olga Owner', ['host']);
    await fundWallet(giveaways, host.token, { amountMinor: '500000', currency: 'USD' });
    const account = { token: host.token, body: { payoutAccount: 'acct_olga' } };
    expectStatus(await giveaways('PUT', '/v1/wallet/USD/payout-account', account), 200);
    finance = await registerFinance(giveaways, environment);
  });
  afterAll(async () => {
    await Promise.all([books.giveaway.destroy(), books.giftcard.destroy()]);
    await test.stop();
  });

  const asHost = { get: async (path: string) => (await giveaways('GET', path, { token: host.token })).body };

  async function redeem(shop: MerchantSetUp, code: string | undefined): Promise<string> {
    const till = { token: shop.token, body: { merchantId: shop.merchantId, code } };
    return expectStatus(await cards('POST', '/v1/redemptions', till), 201).body.redemptionId;
  }
  const stateOf = async (shop: MerchantSetUp, redemptionId: string): Promise<string> =>
    (await cards('GET', `/v1/redemptions/${redemptionId}`, { token: shop.token })).body.state;
  const parked = async (shop: MerchantSetUp) =>
    (
      await cards('GET', `/v1/finance/settlements?state=needs_attention&merchantId=${shop.merchantId}`, {
        token: finance.token,
      })
    ).body.data;

  /** A publish whose worker died right after it had set the money aside. @returns the giveaway. */
  async function loseAfterHold(): Promise<string> {
    const draft = {
      title: 'Lost',
      currency: 'USD',
      closesAt: new Date(Date.now() + 3_600_000).toISOString(),
      prizes: [{ merchantId: merchant.merchantId, catalogueItemId: merchant.itemId, amountMinor: '5000' }],
    };
    const { body } = expectStatus(await giveaways('POST', '/v1/giveaways', { token: host.token, body: draft }), 201);
    const hold = { id: randomUUID(), hostId: host.id, giveawayId: body.id as string };
    await holdWallet(books.giveaway, { ...hold, currency: 'USD', grossMinor: 5_000n }, cause);
    return body.id;
  }

  /** An order whose worker died after the pivot, when the first of its cards were open. @returns the order. */
  async function loseAfterPivot(): Promise<string> {
    const orderId = randomUUID();
    const workflowId = issueGiftCardsId(orderId);
    const order = { orderId, hostId: host.id, catalogueItemId: merchant.itemId, faceMinor: 5_000n };
    await placeCardOrder(books.giftcard, { ...order, count: 3, activate: true, workflowId }, cause);
    const amounts = { currency: 'USD', grossMinor: 15_000n };
    const hold = await holdWallet(
      books.giveaway,
      { id: orderId, hostId: host.id, giveawayId: null, ...amounts },
      cause,
    );
    await reserveCardOrder(books.giftcard, { orderId, fundingFeeMinor: BigInt(hold.feeMinor) }, cause);
    await insertOrderCards(books.giftcard, { orderId, from: 0, batch: 10 }, cause);
    await postWalletHold(books.giveaway, orderId, cause);
    await openOrderCards(books.giftcard, { orderId, batch: 1 }, cause);
    return orderId;
  }

  it.each([
    { how: 'because somebody terminated it', lose: async () => void (await terminateEverything(test.stack)) },
    { how: 'with the whole store of Temporal', lose: () => loseTemporalStore(test.stack) },
  ])('is finished, and nothing is doubled: $how', async ({ lose }) => {
    const giveawayId = await publishGiveaway(giveaways, host, merchant, {
      deadlineMs: 3_600_000,
      change: { earlyClose: true },
    });
    await waitFor(
      'the giveaway to open',
      async () => (await asHost.get(`/v1/giveaways/${giveawayId}`)).state === 'OPEN',
    );
    const people = await enterAll(giveaways, giveawayId, 4);
    const codes = await orderCards(cards, host, merchant, 2);
    const [dailyCode] = await orderCards(cards, host, daily, 1);
    const toMerchant = { operation: 'transfer', destinationAccount: merchant.payoutAccount };
    await provider.strike({ match: toMerchant, effect: 'before', kind: 'refuse', code: 'account_closed' });
    const refused = await redeem(merchant, codes[0]);
    await waitFor('the case', async () => (await parked(merchant)).length === 1);
    const later = await redeem(daily, dailyCode);
    const before = await providerTruth(test.stack);

    // The answers of these are lost; then, so are their workflows.
    await provider.strike({ match: toMerchant, effect: 'after', kind: 'timeout' });
    await provider.strike({
      match: { ...toMerchant, destinationAccount: 'acct_olga' },
      effect: 'before',
      kind: 'timeout',
    });
    await provider.strike({
      match: { ...toMerchant, destinationAccount: daily.payoutAccount },
      effect: 'after',
      kind: 'timeout',
    });
    await provider.strike({ match: { operation: 'charge' }, effect: 'after', kind: 'timeout' });
    const run = { token: finance.token, body: { cadence: 'daily' } };
    expectStatus(await cards('POST', '/v1/finance/settlement-runs', run), 202);
    await waitFor('the batch to be formed', async () => (await stateOf(daily, later)) === 'SETTLING');
    const paying = await redeem(merchant, codes[1]);
    const money = { amountMinor: '7000', currency: 'USD' };
    const withdrawal = await giveaways('POST', '/v1/wallet/withdrawals', { token: host.token, body: money });
    const { withdrawalId } = expectStatus(withdrawal, 201).body;
    const key = randomUUID();
    const funding = { token: host.token, key, body: { ...money, source: 'tok_visa' } };
    const unheard = giveaways('POST', '/v1/wallet/fundings', funding).catch(() => undefined);
    const pending = async () => (await asHost.get('/v1/wallet/fundings?state=pending')).data;
    await waitFor('the funding', async () => (await pending()).length === 1);
    const [{ fundingId }] = await pending();
    const lostPublish = await loseAfterHold();
    const lostOrder = await loseAfterPivot();
    await lose();
    await unheard;

    const orderIsOpen = async () =>
      (await cards('GET', `/v1/card-orders/${lostOrder}`, { token: host.token })).body.state !== 'ISSUED';
    await waitFor('the payouts', async () => (await stateOf(merchant, paying)) === 'SETTLED');
    await waitFor('the batch', async () => (await stateOf(daily, later)) === 'SETTLED');
    await waitFor(
      'the withdrawal',
      async () => (await asHost.get(`/v1/wallet/withdrawals/${withdrawalId}`)).state === 'SUCCEEDED',
    );
    await waitFor(
      'the funding',
      async () => (await asHost.get(`/v1/wallet/fundings/${fundingId}`)).state === 'SUCCEEDED',
    );
    await waitFor('the order', async () => !(await orderIsOpen()));
    await waitFor('the publish', async () => (await asHost.get(`/v1/giveaways/${lostPublish}`)).state === 'OPEN');

    // What waits for a person takes the decision again.
    const [{ settlementId, caseNumber }] = await parked(merchant);
    const decision = { token: finance.token, body: { caseNumber, reason: 'open again' } };
    const retry = () => cards('POST', `/v1/finance/settlements/${settlementId}/retry`, decision);
    await waitFor('the decision', async () => (await retry()).status === 202);
    await waitFor('the parked payout', async () => (await stateOf(merchant, refused)) === 'SETTLED');
    const memo = await withTemporal(
      test.stack,
      async ({ giftcard }) => (await giftcard.workflow.getHandle(redeemGiftCardId(refused)).describe()).memo,
    );
    expect(memo).toMatchObject({ restored: true });

    await endEntry({ giveaways, giveawayId, host });
    await waitFor('the draw', async () => (await asHost.get(`/v1/giveaways/${giveawayId}`)).state === 'FULFILLING');
    for (const { person, awardId } of await findWinners({ giveaways, people })) {
      // The worker died right after the claim was in the database.
      const workflowId = claimAwardId(randomUUID());
      await claimAward(books.giveaway, { awardId, participantId: person.id, workflowId }, cause);
    }
    const cancel = { token: host.token, body: { reason: 'nobody came' } };
    expectStatus(await giveaways('POST', `/v1/giveaways/${lostPublish}/cancel`, cancel), 202);
    await waitFor('the giveaway', async () => (await asHost.get(`/v1/giveaways/${giveawayId}`)).state === 'COMPLETED');
    const released = () => books.giveaway('giveaways').where({ id: lostPublish }).first('prizes_released_at');
    await waitFor('the prizes to go back', async () => (await released())?.prizes_released_at instanceof Date);

    const after = await providerTruth(test.stack);
    const paid = (truth: typeof after, account: string): number =>
      truth.transfers.filter(({ destination, status }) => destination === account && status === 'succeeded').length;
    const more = (account: string): number => paid(after, account) - paid(before, account);
    expect([merchant.payoutAccount, daily.payoutAccount, 'acct_olga', 'platform'].map(more)).toEqual([2, 1, 1, 3]);
    expect(after.charges.length - before.charges.length).toBe(1);
    expect((await runAudit(test.stack.environment)).filter(({ broken }) => broken > 0)).toEqual([]);
  });

  it('hears again of a cancellation that the server lost after the row was written', async () => {
    const giveawayId = await publishGiveaway(giveaways, host, merchant, { deadlineMs: 3_600_000 });
    const isOpen = async () => (await asHost.get(`/v1/giveaways/${giveawayId}`)).state === 'OPEN';
    await waitFor('the giveaway to open', isOpen);
    await cancelGiveaway(books.giveaway, { giveawayId, reason: 'nobody came' }, cause);
    const row = () => books.giveaway('giveaways').where({ id: giveawayId }).first('prizes_released_at');
    await waitFor('the prizes to go back', async () => (await row())?.prizes_released_at instanceof Date);
  });

  it('hears again of a draw by hand that the server lost after the row was written', async () => {
    const change = { drawBy: 'hand', earlyClose: true };
    const giveawayId = await publishGiveaway(giveaways, host, merchant, { deadlineMs: 3_600_000, change });
    const state = async () => (await asHost.get(`/v1/giveaways/${giveawayId}`)).state;
    await waitFor('the giveaway to open', async () => (await state()) === 'OPEN');
    await endEntry({ giveaways, giveawayId, host });
    await waitFor('the end of entry', async () => (await state()) === 'CLOSED');
    await requestDraw(books.giveaway, giveawayId, cause);
    await waitFor('the end without entries', async () => (await state()) === 'COMPLETED');
  });
});
