import type { Database } from '../../db/connect.ts';
import { auditRows, type InvariantCheck } from '../../db/ledger/audit.ts';

interface Clearing {
  readonly id: string;
  readonly amount_minor: bigint;
  readonly currency: string;
}

const POSTED = `
  select coalesce(t.pending_id, t.id) as id, t.amount_minor, t.currency from ledger_transfers t
  join ledger_accounts a on a.id in (t.debit_account_id, t.credit_account_id) and a.type like 'clearing:%'
  where t.kind in ('posted', 'post')`;

/** What has come over to a book has left the other: by transfer id, read on the receiver's side first. */
export async function checkClearing(giveaway: Database, giftcard: Database): Promise<InvariantCheck> {
  const received = await auditRows<Clearing>(giftcard, POSTED);
  const given = new Map((await auditRows<Clearing>(giveaway, POSTED)).map((row) => [row.id, row]));
  const broken = received.filter(({ id, amount_minor, currency }) => {
    const twin = given.get(id);
    return !twin || twin.amount_minor !== amount_minor || twin.currency !== currency;
  });
  return {
    invariant: 'clearing mirrors by transfer id',
    book: 'giveaway and giftcard',
    checked: received.length,
    broken: broken.length,
  };
}
