import type { Database } from '../../db/connect.ts';
import { auditRows, type InvariantCheck } from '../../db/ledger/audit.ts';
import type { PaymentsPort } from '../../providers/payments/port.ts';

interface Balance {
  readonly currency: string;
  readonly posted: bigint;
  readonly pending: bigint;
}

const CLEARING = `
  select currency, sum(debits_posted - credits_posted)::bigint as posted, sum(debits_pending + credits_pending)::bigint as pending
  from ledger_balances where type = 'provider:clearing' group by currency`;

/** Both books' parts together are the pooled account at the provider; with intents in flight they may differ by those. */
export async function checkProviderBalance(
  giveaway: Database,
  giftcard: Database,
  payments: PaymentsPort,
): Promise<InvariantCheck[]> {
  const totals = new Map<string, { posted: bigint; pending: bigint }>();
  for (const db of [giveaway, giftcard]) {
    for (const { currency, posted, pending } of await auditRows<Balance>(db, CLEARING)) {
      const sum = totals.get(currency) ?? { posted: 0n, pending: 0n };
      totals.set(currency, { posted: sum.posted + posted, pending: sum.pending + pending });
    }
  }
  const checks = [...totals].map(async ([currency, { posted, pending }]) => {
    const difference = (await payments.poolBalance(currency)) - posted;
    const within = difference <= pending && difference >= -pending;
    return {
      invariant: 'provider:clearing = the provider’s balance',
      book: currency,
      checked: 1,
      broken: within ? 0 : 1,
    };
  });
  return Promise.all(checks);
}
