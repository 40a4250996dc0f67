import type { Entry } from '../entries.ts';
import type { PaymentView } from '../payments.ts';

/** The provider's payments as Stripe shows them: numbers for amounts, seconds for times, currencies in small letters. */

const STATUS = { pending: 'pending', succeeded: 'succeeded', failed: 'failed', reversed: 'succeeded' } as const;
const INTENT_STATUS = {
  pending: 'processing',
  succeeded: 'succeeded',
  failed: 'requires_payment_method',
  reversed: 'succeeded',
} as const;

const seconds = (iso: string): number => Math.floor(Date.parse(iso) / 1_000);
const tail = (id: string): string => id.slice(id.indexOf('_') + 1);

const shared = (payment: PaymentView) => ({
  amount: Number(payment.amount),
  currency: payment.currency.toLowerCase(),
  created: seconds(payment.createdAt),
  livemode: false,
  metadata: { reference: payment.reference },
  transfer_group: payment.reference,
});

/** Money that comes in: from a card, or from a connected account that is debited. */
export const isIncoming = ({ kind, feePayer }: PaymentView): boolean => kind === 'charge' || feePayer === 'destination';

/** Null until the fee is known, as Stripe has it. */
function transactionOf(payment: PaymentView): object | null {
  if (payment.fee === null || payment.status === 'failed') return null;
  const [amount, fee] = [Number(payment.amount), Number(payment.fee)];
  const signed = isIncoming(payment) ? amount : -amount;
  return {
    id: `txn_${tail(payment.id)}`,
    object: 'balance_transaction',
    amount: signed,
    fee,
    net: signed - fee,
    currency: payment.currency.toLowerCase(),
    status: 'available',
  };
}

export const chargeId = ({ id, kind }: PaymentView): string => (kind === 'charge' ? id : `py_${tail(id)}`);
const intentId = ({ id }: PaymentView): string => `pi_${tail(id)}`;

export const toCharge = (payment: PaymentView, expanded = true): object => ({
  id: chargeId(payment),
  object: 'charge',
  ...shared(payment),
  status: STATUS[payment.status],
  paid: payment.status === 'succeeded',
  captured: payment.status !== 'failed',
  payment_intent: payment.kind === 'charge' ? intentId(payment) : null,
  failure_code: payment.failureCode,
  failure_message: payment.failureCode ? `Refused: ${payment.failureCode}.` : null,
  balance_transaction: expanded ? transactionOf(payment) : payment.fee && `txn_${tail(payment.id)}`,
});

export const toPaymentIntent = (payment: PaymentView): object => ({
  id: intentId(payment),
  object: 'payment_intent',
  ...shared(payment),
  status: INTENT_STATUS[payment.status],
  latest_charge: toCharge(payment),
});

export const toTransfer = (payment: PaymentView, expanded = true): object => ({
  id: payment.id,
  object: 'transfer',
  ...shared(payment),
  destination: payment.destination,
  reversed: payment.status === 'reversed',
  amount_reversed: payment.status === 'reversed' ? Number(payment.amount) : 0,
  balance_transaction: expanded ? transactionOf(payment) : payment.fee && `txn_${tail(payment.id)}`,
});

export const toReversal = (payment: PaymentView): object => ({
  id: `trr_${tail(payment.id)}`,
  object: 'transfer_reversal',
  amount: Number(payment.amount),
  currency: payment.currency.toLowerCase(),
  transfer: payment.id,
  metadata: {},
});

/** A dispute names the charge, not what we called it. */
export const toDispute = (payment: PaymentView, amount: string): object => ({
  id: `dp_${tail(payment.id)}`,
  object: 'dispute',
  amount: Number(amount),
  currency: payment.currency.toLowerCase(),
  charge: chargeId(payment),
  payment_intent: intentId(payment),
  status: 'needs_response',
  metadata: {},
});

/** A line of the account's balance, with the thing that it is about. */
export function toBalanceTransaction(entry: Entry, payment: PaymentView | undefined, account: string): object {
  const amount = Number(entry.amount) * (entry.destination === account ? 1 : -1);
  // A fee that the other side paid is not of this account.
  const fee = payment && !isIncoming(payment) && entry.source !== account ? 0 : Number(entry.fee);
  return {
    id: `txn_${entry.seq}`,
    object: 'balance_transaction',
    amount,
    fee,
    net: amount - fee,
    currency: entry.currency.toLowerCase(),
    created: Math.floor(entry.at / 1_000),
    status: 'available',
    type: typeOf(entry, payment),
    source: payment ? sourceOf(entry, payment) : null,
  };
}

function typeOf(entry: Entry, payment: PaymentView | undefined): string {
  if (entry.kind === 'reversal') return entry.state === 'disputed' ? 'adjustment' : 'transfer_refund';
  if (entry.kind === 'charge') return 'charge';
  return payment && isIncoming(payment) ? 'payment' : 'transfer';
}

function sourceOf(entry: Entry, payment: PaymentView): object {
  if (entry.kind !== 'reversal') return isIncoming(payment) ? toCharge(payment, false) : toTransfer(payment, false);
  return entry.state === 'disputed' ? toDispute(payment, entry.amount) : toReversal(payment);
}
