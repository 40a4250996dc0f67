import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe } from 'vitest';
import { account, type Account } from '../../../db/ledger/account.ts';
import { bookTransfer, type BookedTransfer } from '../../support/ledger.ts';
import { walkRows, type Refused, type Row } from '../../support/refusals.ts';
import { startWalk, type Walk } from './walk.ts';

let walk: Walk;
beforeAll(async () => {
  walk = await startWalk();
});
afterAll(() => walk.stop());
const walked = (rows: readonly Row[]): void => walkRows(() => walk.db, rows);

const NOBODY = randomUUID();
const losses = account('platform:losses', 'platform', 'USD');
const provider = account('provider:clearing', 'platform', 'USD');
const tomorrow = (): string => new Date(Date.now() + 86_400_000).toISOString();

describe('a booking is not taken back', () => {
  const reverse = (transferId: string): Refused =>
    walk.call('POST', `/finance/transfers/${transferId}/reverse`, walk.finance[0], { reason: 'booked by mistake' });
  const booked = (what: Partial<BookedTransfer> = {}, between: readonly [Account, Account] = [losses, provider]) =>
    bookTransfer(walk.db, between, { amountMinor: 40n, code: 'reconciliation.loss', ...what });
  walked([
    [
      'ledger_transfer_already_reversed',
      'a second time',
      async () => {
        const id = await booked();
        await reverse(id)();
        return reverse(id);
      },
    ],
    [
      'ledger_transfer_not_reversible',
      'when it is a reversal itself',
      async () => {
        const { body } = await reverse(await booked())();
        return reverse(body.reversalId);
      },
    ],
    [
      'ledger_transfer_not_reversible',
      'when a process owns it',
      async () => reverse(await booked({ code: 'settle.merchant' })),
    ],
    ['ledger_transfer_not_posted', 'while it is pending', async () => reverse(await booked({ kind: 'pending' }))],
    ['ledger_transfer_unknown', 'when there is none', async () => reverse(NOBODY)],
    [
      'ledger_insufficient_balance',
      'when it was spent since',
      async () => {
        const payable = account('merchant:payable', randomUUID(), 'USD');
        const id = await booked({ code: 'adjustment.goodwill' }, [losses, payable]);
        await bookTransfer(walk.db, [payable, provider], { amountMinor: 1n });
        return reverse(id);
      },
    ],
  ]);
});

describe('a booking by hand is refused', () => {
  const decide = (id: string, approve = true, who: 0 | 1 = 1): Refused =>
    walk.call('POST', `/finance/adjustments/${id}/decide`, walk.finance[who], { approve });
  async function requested(amountMinor = '10'): Promise<string> {
    const wish = { kind: 'reconciliation_loss', currency: 'USD', amountMinor, reason: 'not in their file' };
    const { body } = await walk.call('POST', '/finance/adjustments', walk.finance[0], wish)();
    return body.adjustmentId;
  }
  walked([
    ['adjustment_not_found', 'when nobody asked for it', async () => decide(NOBODY)],
    ['second_person_missing', 'to whoever asked for it', async () => decide(await requested(), true, 0)],
    [
      'adjustment_decided',
      'otherwise than it was decided',
      async () => {
        const id = await requested();
        await decide(id, false)();
        return decide(id);
      },
    ],
  ]);
});

describe('a rate and its sums are refused', () => {
  const rate = (body: object, merchantId = walk.shop.merchantId): Refused =>
    walk.call('POST', `/merchants/${merchantId}/rates`, walk.finance[0], {
      ratePpm: 10_000,
      reason: 'agreed',
      ...body,
    });
  const quote = (body: object): Refused =>
    walk.call('POST', '/settlements/quote', walk.merchant, { merchantId: walk.shop.merchantId, ...body });
  walked([
    ['settlement_leaves_nothing', 'when nothing is left', async () => rate({ ratePpm: 1_000_000 })],
    ['settlement_leaves_nothing', 'by its minimum', async () => rate({ minMinor: '99999999' })],
    [
      'settlement_leaves_nothing',
      'also from tomorrow',
      async () => rate({ ratePpm: 1_000_000, effectiveAt: tomorrow() }),
    ],
    ['rate_effective_in_past', 'for yesterday', async () => rate({ effectiveAt: '2020-01-01T00:00:00Z' })],
    [
      'validation_failed',
      'when the maximum is less than the minimum',
      async () => rate({ minMinor: '9', maxMinor: '8' }),
    ],
    ['merchant_not_found', 'of no merchant', async () => rate({}, NOBODY)],
    ['merchant_not_found', 'in a quote for none', async () => quote({ merchantId: NOBODY, faceMinor: '100' })],
    ['card_over_redemption', 'in a quote for more', async () => quote({ faceMinor: '100', amountMinor: '101' })],
    ['amount_not_positive', 'in a quote for nothing', async () => quote({ faceMinor: '0' })],
  ]);
});

describe('what is sold is refused', () => {
  const item = (body: object, merchantId = walk.shop.merchantId): Refused =>
    walk.call('POST', `/merchants/${merchantId}/catalogue-items`, walk.merchant, {
      name: 'Card',
      currency: 'USD',
      amountsMinor: ['100'],
      ...body,
    });
  walked([
    ['validation_failed', 'with an end in the past', async () => item({ validUntil: '2020-01-01T00:00:00Z' })],
    ['validation_failed', 'with amounts and a range', async () => item({ minMinor: '1', maxMinor: '2' })],
    ['currency_unsupported', 'in no currency', async () => item({ currency: 'XYZ' })],
    ['merchant_not_found', 'at a shop of somebody else', async () => item({}, NOBODY)],
    [
      'catalogue_item_not_found',
      'to be retired, of nothing',
      async () =>
        walk.call('POST', `/merchants/${walk.shop.merchantId}/catalogue-items/${NOBODY}/retire`, walk.merchant),
    ],
  ]);
});

describe('what is nowhere is not found', () => {
  const read = (path: string, who = () => walk.finance[0]): (() => Promise<Refused>) => {
    return async () => walk.call('GET', path, who());
  };
  const mine = () => walk.merchant;
  walked([
    ['settlement_not_found', 'a settlement', read(`/settlements/${NOBODY}`, mine)],
    ['settlement_not_found', 'its explanation', read(`/settlements/${NOBODY}/explanation`, mine)],
    ['settlement_not_found', 'its case', read(`/finance/settlements/${NOBODY}`)],
    ['refund_not_found', 'a refund', read(`/refunds/${NOBODY}`, mine)],
    ['refund_not_found', 'its case', read(`/finance/refunds/${NOBODY}`)],
    ['ledger_account_not_found', 'an account', read(`/finance/accounts/${NOBODY}/balance`)],
    ['reconciliation_not_found', 'a reconciliation', read(`/finance/reconciliations/${NOBODY}`)],
    ['reconciliation_case_not_found', 'a case of one', read(`/finance/reconciliation-cases/${NOBODY}`)],
    ['bulk_retry_not_found', 'a retry of many', read(`/finance/bulk-retries/${NOBODY}`)],
    ['redemption_not_found', 'a redemption', read(`/redemptions/${NOBODY}`, mine)],
  ]);
});
