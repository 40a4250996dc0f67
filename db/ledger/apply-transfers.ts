import { sha256 } from '../../runtime/crypto.ts';
import type { Db } from '../connect.ts';
import { asDomainError } from '../errors.ts';
import type { Account, NewTransfer, Transfer } from './transfer.ts';

/**
 * Books all of the transfers or none of them, in one round trip: opens missing accounts, locks in account order with
 * the hottest last, and lets the database refuse what would overdraw. Transfers of zero are left out.
 * @returns `repeated` when every one of them stood there already with the same inputs: nothing was changed.
 * @throws DomainError ledger_insufficient_balance, ledger_transfer_conflict (same id, other inputs),
 *   ledger_transfer_voided, ledger_transfer_already_resolved, ledger_transfer_unknown.
 */
export async function applyTransfers(db: Db, transfers: readonly Transfer[]): Promise<'applied' | 'repeated'> {
  const booked = transfers.filter((transfer) => !('amountMinor' in transfer) || transfer.amountMinor !== 0n);
  if (booked.length === 0) return 'repeated';
  const accounts = uniqueAccounts(booked.filter(isNew));
  try {
    const result = await db.raw('select ledger_apply(?::jsonb, ?::jsonb) as applied', [
      JSON.stringify(accounts),
      JSON.stringify(booked.map(toRow)),
    ]);
    return (result as { rows: { applied: boolean }[] }).rows[0]?.applied ? 'applied' : 'repeated';
  } catch (error) {
    throw asDomainError(error);
  }
}

const isNew = (transfer: Transfer): transfer is NewTransfer => 'debit' in transfer;

function uniqueAccounts(transfers: readonly NewTransfer[]): Account[] {
  const all = transfers.flatMap((transfer) => [transfer.debit, transfer.credit]);
  return [...new Map(all.map((item) => [item.id, item])).values()];
}

function toRow(transfer: Transfer): Record<string, string | undefined> {
  const row = isNew(transfer)
    ? {
        id: transfer.id,
        kind: transfer.kind,
        debitAccountId: transfer.debit.id,
        creditAccountId: transfer.credit.id,
        amountMinor: transfer.amountMinor.toString(),
        currency: transfer.debit.currency,
        code: transfer.code,
        referenceId: transfer.referenceId,
        correctsId: transfer.correctsId,
      }
    : { ...transfer };
  const inputs = JSON.stringify(Object.entries(row).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  return { ...row, inputHash: Buffer.from(sha256(new TextEncoder().encode(inputs))).toString('hex') };
}
