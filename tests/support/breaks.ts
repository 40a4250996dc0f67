import { auditDatabase } from '../../db/audit-books.ts';
import type { Database, DatabaseName } from '../../db/connect.ts';
import type { CheckResult } from '../../db/ledger/invariants.ts';

class RolledBack extends Error {}

export interface Fired {
  readonly name: string;
  readonly verdict: 'late' | 'broken';
  readonly currencies: readonly string[];
}

/** The checks that find something, and in which currencies. */
export const firedOf = (results: readonly CheckResult[]): Fired[] =>
  results
    .filter(({ late, broken }) => late + broken > 0)
    .map(({ name, broken, rows }) => ({
      name,
      verdict: broken > 0 ? 'broken' : 'late',
      currencies: [...new Set(rows.map(({ currency }) => currency))].toSorted(),
    }));

/** Breaks a database by SQL, past its triggers, audits it, and undoes all of it. */
export async function auditAfter(db: Database, name: DatabaseName, statements: readonly string[]): Promise<Fired[]> {
  let fired: Fired[] = [];
  const broken = db.transaction(async (trx) => {
    await trx.raw('set local session_replication_role = replica');
    for (const statement of statements) {
      const result: unknown = await trx.raw(statement);
      if ((result as { rowCount: number | null }).rowCount === 0) throw new Error(`It breaks nothing: ${statement}`);
    }
    fired = firedOf((await auditDatabase(trx, name)).results);
    throw new RolledBack();
  });
  await broken.catch((error: unknown) => {
    if (!(error instanceof RolledBack)) throw error;
  });
  return fired;
}

/** A posted transfer of 5 as a command would book it, between accounts named `type/owner`. */
export const book = (debit: string, credit: string, currency = 'USD'): string => {
  const account = (name: string): string => {
    const [type, owner] = name.split('/');
    return `ledger_account('${type}', '${owner}', '${currency}')`;
  };
  return `select ledger_book(array[ledger_transfer('posted', gen_random_uuid(), ${account(debit)}, ${account(credit)}, 5, '${currency}', 'test', 'test')])`;
};

/** What breaks the ledger of either database. */
export const LEDGER_BREAKS: Readonly<Record<string, readonly string[]>> = {
  'ledger.sums-to-zero': [
    `select ledger_account('platform:losses', 'platform', 'USD'), ledger_account('unclaimed', 'x', 'EUR')`,
    `insert into ledger_transfers (id, kind, debit_account_id, credit_account_id, amount_minor, currency, code, reference_id)
     values (gen_random_uuid(), 'posted', ledger_uuid('account', 'platform:losses', 'platform', 'USD'), ledger_uuid('account', 'unclaimed', 'x', 'EUR'), 5, 'USD', 'test', 'test')`,
    `update ledger_accounts set debits_posted = debits_posted + 5 where id = ledger_uuid('account', 'platform:losses', 'platform', 'USD')`,
    `update ledger_accounts set credits_posted = credits_posted + 5 where id = ledger_uuid('account', 'unclaimed', 'x', 'EUR')`,
  ],
  'ledger.stored-balance': [
    book('provider:costs/platform', 'platform:losses/platform'),
    `update ledger_accounts set debits_posted = debits_posted + 1 where type = 'provider:costs'`,
    `update ledger_accounts set credits_posted = credits_posted + 1 where type = 'platform:losses'`,
  ],
  'ledger.available': [
    'alter table ledger_accounts drop constraint ledger_accounts_non_negative',
    book('unclaimed/x', 'platform:losses/platform'),
  ],
  'ledger.resolved-once': [
    'drop index ledger_transfers_resolved_once',
    `select ledger_account('platform:losses', 'platform', 'USD'), ledger_account('provider:costs', 'platform', 'USD')`,
    `insert into ledger_transfers (id, kind, debit_account_id, credit_account_id, amount_minor, currency, pending_id, code, reference_id)
     select gen_random_uuid(), kind, ledger_uuid('account', 'platform:losses', 'platform', 'USD'),
       ledger_uuid('account', 'provider:costs', 'platform', 'USD'), 5, 'USD', pending_id, 'test', 'test'
     from (values ('pending', null), ('void', 'ab000000-0000-8000-8000-000000000000'::uuid)) v(kind, pending_id)`,
  ],
  'events.chain': [
    `update domain_events set payload = payload || '{"amountMinor": "1"}' where position = (select max(position) from domain_events)`,
  ],
};
