import type { Database } from '../../db/connect.ts';
import { auditRows, type InvariantCheck } from '../../db/ledger/audit.ts';

interface Clearing {
  readonly id: string;
  readonly amount_minor: bigint;
  readonly currency: string;
}

const POSTED = (codes: string): string => `
  select coalesce(t.pending_id, t.id) as id, t.amount_minor, t.currency from ledger_transfers t
  join ledger_accounts a on a.id in (t.debit_account_id, t.credit_account_id) and a.type like 'clearing:%'
  where t.kind in ('posted', 'post') and t.code like '${codes}'`;

/**
 * What has come over to a book has left the other: by transfer id. The giver posts first, so the receiver's rows are
 * read first; a giver's row without its twin is on its way.
 */
export async function checkClearing(giveaway: Database, giftcard: Database): Promise<InvariantCheck[]> {
  return [
    await checkDirection('what was published', { receiver: giftcard, giver: giveaway, codes: 'publish.%' }),
    await checkDirection('what was released', { receiver: giveaway, giver: giftcard, codes: 'release.%' }),
  ];
}

async function checkDirection(
  what: string,
  { receiver, giver, codes }: { receiver: Database; giver: Database; codes: string },
): Promise<InvariantCheck> {
  const received = await auditRows<Clearing>(receiver, POSTED(codes));
  const given = new Map((await auditRows<Clearing>(giver, POSTED(codes))).map((row) => [row.id, row]));
  const broken = received.filter(({ id, amount_minor, currency }) => {
    const twin = given.get(id);
    return !twin || twin.amount_minor !== amount_minor || twin.currency !== currency;
  });
  return {
    invariant: `clearing mirrors by transfer id: ${what}`,
    book: 'giveaway and giftcard',
    checked: received.length,
    broken: broken.length,
  };
}
