import type { Database } from '../../db/connect.ts';

const SIGNS = { posted: '●', pending: 'P', post: 'post', void: 'void', tombstone: 'tombstone' } as const;

interface Row {
  readonly id: string;
  readonly kind: keyof typeof SIGNS;
  /** Null in a mark of what was undone before it came. */
  readonly debit: string | null;
  readonly credit: string | null;
  readonly amount: bigint;
  readonly corrects: boolean;
}

const TRANSFERS = `
  select t.id, t.kind, t.amount_minor as amount, t.corrects_id is not null as corrects,
    d.type || coalesce(' ' || nullif(d.owner_id, 'platform'), '') as debit,
    c.type || coalesce(' ' || nullif(c.owner_id, 'platform'), '') as credit
  from ledger_transfers t left join ledger_accounts d on d.id = t.debit_account_id left join ledger_accounts c on c.id = t.credit_account_id`;

/**
 * What a command books, as the posting table writes it: `● escrow card → platform:fees 488` (posted), `P …` (pending),
 * `post …` and `void …` of what was pending, ` (reversal)` where it names another transfer. In alphabetical order.
 * @param names what to call an owner's id.
 */
export async function bookedBy(
  db: Database,
  names: Readonly<Record<string, string>>,
  command: () => Promise<unknown>,
): Promise<string[]> {
  const before = new Set<string>(await db('ledger_transfers').pluck('id'));
  await command();
  const { rows } = (await db.raw(TRANSFERS)) as { rows: Row[] };
  const named = (account: string | null): string =>
    Object.entries(names).reduce((text, [id, name]) => text.replace(id, name), account ?? 'none');
  return rows
    .filter(({ id }) => !before.has(id))
    .map(
      ({ kind, debit, credit, amount, corrects }) =>
        `${SIGNS[kind]} ${named(debit)} → ${named(credit)} ${amount}${corrects ? ' (reversal)' : ''}`,
    )
    .toSorted();
}
