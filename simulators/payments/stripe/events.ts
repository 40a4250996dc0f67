import type { PaymentView } from '../payments.ts';
import { isIncoming, toCharge, toDispute, toTransfer } from './objects.ts';

export interface Happening {
  readonly type: string;
  readonly payment: PaymentView;
  /** Of a dispute: how much of the charge. */
  readonly disputed?: string;
}

/** What happened, as Stripe tells it: the thing itself as it is now. */
export function stripeEvent({ type, payment, disputed }: Happening, id: string): object {
  const [, status = ''] = type.split('.');
  const incoming = isIncoming(payment);
  const object = disputed
    ? toDispute(payment, disputed)
    : incoming
      ? toCharge(payment, false)
      : toTransfer({ ...payment, ...(status === 'reversed' ? { status } : {}) }, false);
  return {
    id,
    object: 'event',
    type: disputed ? 'charge.dispute.created' : incoming ? `charge.${status}` : transferEvent(status),
    created: Math.floor(Date.now() / 1_000),
    livemode: false,
    data: { object },
  };
}

const transferEvent = (status: string): string =>
  status === 'reversed' ? 'transfer.reversed' : status === 'succeeded' ? 'transfer.created' : `transfer.${status}`;
