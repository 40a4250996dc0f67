import type { Db } from '../connect.ts';

/** What is owed to the merchant, by currency; `pendingMinor` is on its way. */
export async function merchantBalances(
  db: Db,
  merchantId: string,
): Promise<{ currency: string; owedMinor: string; pendingMinor: string }[]> {
  const rows = await db('ledger_balances')
    .where({ type: 'merchant:payable', owner_id: merchantId })
    .orderBy('currency')
    .select<{ currency: string; credits_posted: bigint; debits_posted: bigint; debits_pending: bigint }[]>(
      'currency',
      'credits_posted',
      'debits_posted',
      'debits_pending',
    );
  return rows.map((row) => ({
    currency: row.currency,
    owedMinor: (row.credits_posted - row.debits_posted).toString(),
    pendingMinor: row.debits_pending.toString(),
  }));
}
