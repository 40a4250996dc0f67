import { randomUUID } from 'node:crypto';
import type { Database } from '../../db/connect.ts';
import type { Account } from '../../db/ledger/account.ts';

export interface BookedTransfer {
  readonly amountMinor: bigint;
  readonly kind?: 'posted' | 'pending';
  readonly code?: string;
  readonly effectiveAt?: Date;
}

/** Books one transfer as a command would. @returns its id. */
export async function bookTransfer(
  db: Database,
  [debit, credit]: readonly [Account, Account],
  { amountMinor, kind = 'posted', code = 'test', effectiveAt }: BookedTransfer,
): Promise<string> {
  const id = randomUUID();
  await db.raw(
    `select ledger_book(array[row(?, ?, ledger_account(?, ?, ?), ledger_account(?, ?, ?), ?, ?, null, ?, 'test', null, ?)::ledger_line])`,
    [
      id,
      kind,
      debit.type,
      debit.ownerId,
      debit.currency,
      credit.type,
      credit.ownerId,
      credit.currency,
      amountMinor.toString(),
      debit.currency,
      code,
      effectiveAt?.toISOString() ?? null,
    ],
  );
  return id;
}
