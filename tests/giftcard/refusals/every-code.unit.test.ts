import { describe, expect, it } from 'vitest';
import { ERROR_STATUS } from '../../../domain/errors.ts';
import { codesWalkedIn, expectShown, readSource, sourcesIn } from '../../support/refusal-codes.ts';

/** Walked over HTTP by the tests beside this one and by those of workflows, as the first member of a row. */
const WALKED = codesWalkedIn('tests/giftcard/refusals');

/** Refused elsewhere, because more than a call has to come before, or no call can make it happen. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  adoption_not_possible: 'tests/finance/finance.e2e.test.ts',
  airtime_operator_not_served: 'tests/giftcard/vend-airtime.e2e.test.ts',
  airtime_paid_on_schedule: 'tests/giftcard/vend-airtime.int.test.ts',
  airtime_vend_not_found: 'tests/giftcard/vend-airtime.e2e.test.ts',
  card_not_airtime: 'tests/giftcard/vend-airtime.int.test.ts',
  catalogue_item_is_airtime: 'tests/giftcard/vend-airtime.e2e.test.ts',
  catalogue_item_not_airtime: 'tests/giftcard/vend-airtime.e2e.test.ts',
  catalogue_operators_invalid: 'tests/giftcard/vend-airtime.e2e.test.ts',
  bulk_retry_done: 'tests/finance/finance.e2e.test.ts',
  card_already_assigned: 'tests/giftcard/release-escrow.int.test.ts',
  card_order_not_issued: 'tests/giftcard/cancel-card-order.int.test.ts',
  catalogue_currency_mismatch: 'tests/giftcard/reserve-cards.int.test.ts',
  ledger_account_unknown: 'tests/ledger/refusals.int.test.ts',
  ledger_transfer_already_resolved: 'tests/ledger/refusals.int.test.ts',
  ledger_transfer_conflict: 'tests/ledger/refusals.int.test.ts',
  ledger_transfer_voided: 'tests/ledger/refusals.int.test.ts',
  refund_pull_back_open: 'tests/giftcard/refund-redemption.int.test.ts',
  case_changed: 'tests/finance/finance.e2e.test.ts',
  case_not_open: 'tests/finance/finance.e2e.test.ts',
  dispute_debt_adjusted: 'tests/wallet/dispute-funding.int.test.ts',
  escrow_not_found: 'tests/giftcard/reserve-cards.int.test.ts',
  escrow_reservation_conflict: 'tests/giftcard/reserve-cards.int.test.ts',
  escrow_reservation_voided: 'tests/giftcard/reserve-cards.int.test.ts',
  finding_not_found: 'tests/audit/payout-halts.int.test.ts',
  funding_not_credited: 'tests/wallet/dispute-funding.int.test.ts',
  halt_not_found: 'tests/audit/payout-halts.int.test.ts',
  halt_still_broken: 'tests/audit/audit-books.e2e.test.ts',
  reconciliation_no_gain: 'tests/giftcard/reconcile-provider.int.test.ts',
  reconciliation_no_loss: 'tests/giftcard/reconcile-provider.int.test.ts',
  request_expired: 'tests/commands/giftcard.int.test.ts',
  settlement_intent_open: 'tests/giftcard/decide-settlement.int.test.ts',
  settlement_not_parked: 'tests/faults/scenarios/two-people.ts',
  wallet_dispute_open: 'tests/wallet/dispute-funding.int.test.ts',
};

/** What the functions and transactions of money refuse with. */
const raised = new Set(
  ['db/giftcard', 'db/wallet', 'db/ledger', 'db/platform'].flatMap(sourcesIn).flatMap((file) => {
    const text = readSource(file);
    return [
      ...text.matchAll(/(?:refused?|DomainError)\(\s*'([a-z_]+)'/g),
      // Chosen by a case of SQL, and raised after it.
      ...text.matchAll(/then '([a-z_]+)'$/gm),
    ].flatMap(([, code = '']) => (code in ERROR_STATUS ? [code] : []));
  }),
);

describe('every code with which money refuses', () => {
  it('is found in its sources', () => {
    expect(raised.size).toBeGreaterThan(60);
    expect([...raised]).toEqual(expect.arrayContaining(['card_over_redemption', 'catalogue_currency_mismatch']));
  });

  it.each([...raised].toSorted())('%s is refused by a test', (code) => expectShown(code, WALKED, ELSEWHERE));
});
