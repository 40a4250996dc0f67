import type { Database, DatabaseName, Db } from './connect.ts';
import { AUDIT_BUDGET_MS, auditRows, inSnapshot, type CheckResult, type FoundRow } from './ledger/invariants.ts';

/** What has come over to a book has left the other, under the same transfer id; and whoever was given a prize has its escrow. */

export interface Books {
  readonly giveaway: Database;
  readonly giftcard: Database;
}

interface Received {
  readonly id: string;
  readonly amount_minor: bigint;
  readonly currency: string;
}

interface Given extends Received {
  readonly reference_id: string;
  readonly overdue: boolean;
  /** Whether its owner has yet to bring it over, as far as the giver knows. */
  readonly open: boolean;
}

/** A clearing account is credited by what leaves a book and debited by what arrives. */
const POSTED = (side: 'debit' | 'credit'): string => `
  select coalesce(t.pending_id, t.id)::text as id, t.amount_minor, t.currency, t.reference_id, t.created_at from ledger_transfers t
  where t.kind in ('posted', 'post') and t.created_at >= :since
    and t.${side}_account_id in (select a.id from ledger_accounts a where a.type like 'clearing:%')`;

/** By the giver: a release is open until it is completed; a publish is the receiver's to say. */
const GIVEN: Readonly<Record<DatabaseName, string>> = {
  giftcard: `
    select p.*, p.created_at < now() - :budget::interval as overdue, coalesce(r.state = 'RELEASING', false) as open
    from (${POSTED('credit')}) p left join escrow_releases r on r.id::text = p.reference_id`,
  giveaway: `
    select p.*, p.created_at < now() - :budget::interval as overdue, false as open from (${POSTED('credit')}) p`,
};

/** By the receiver: what it has of these ids by now, and whose owners are open here. */
const TWINS = `
  select coalesce(t.pending_id, t.id)::text as id, t.amount_minor, t.currency from ledger_transfers t
  where t.kind in ('posted', 'post') and (t.id = any (:ids::uuid[]) or t.pending_id = any (:ids::uuid[]))`;
const OPEN_OWNERS: Readonly<Record<DatabaseName, string>> = {
  giftcard: `select id::text from escrow_reservations where id = any (:owners::uuid[]) and state = 'RESERVING'`,
  giveaway: `select id::text from wallet_credits where false and id = any (:owners::uuid[])`,
};

const EPOCH = new Date(0);

export interface MirrorOptions {
  readonly since?: Date | undefined;
  readonly budgetMs?: number | undefined;
}

/**
 * Reads the receiver, then the giver, which posts first: whatever the receiver has must be there. What the giver has and
 * the receiver has not is looked up once more: it is on its way while its owner is open, and late beyond the budget.
 * @param book the receiver, whose book a break halts.
 */
export async function checkMirrors(
  book: DatabaseName,
  books: Books,
  { since = EPOCH, budgetMs = AUDIT_BUDGET_MS }: MirrorOptions = {},
): Promise<CheckResult> {
  const [receiver, giver] = book === 'giveaway' ? [books.giveaway, books.giftcard] : [books.giftcard, books.giveaway];
  const budget = `${budgetMs} milliseconds`;
  const received = await inSnapshot(receiver, (db) => auditRows<Received>(db, POSTED('debit'), { since }));
  const given = await inSnapshot(giver, async (db) => ({
    // What arrived lately may have left before.
    twins: await twinsOf(db, received),
    leaving: await auditRows<Given>(db, GIVEN[book === 'giveaway' ? 'giftcard' : 'giveaway'], { since, budget }),
  }));
  const rows: FoundRow[] = [];
  for (const row of received) {
    const twin = given.twins.get(row.id);
    if (!isSame(row, twin))
      rows.push(found(row, 'broken', { receivedMinor: row.amount_minor, givenMinor: twin?.amount_minor }));
  }
  const arrived = new Set(received.map(({ id }) => id));
  const missing = given.leaving.filter(({ id }) => !arrived.has(id));
  const { twins, open } = await inSnapshot(receiver, async (db) => ({
    twins: await twinsOf(db, missing),
    open: new Set(
      (await auditRows<{ id: string }>(db, OPEN_OWNERS[book], { owners: missing.map((row) => row.reference_id) })).map(
        ({ id }) => id,
      ),
    ),
  }));
  let inFlight = 0;
  for (const row of missing) {
    const twin = twins.get(row.id);
    const facts = { givenMinor: row.amount_minor, receivedMinor: twin?.amount_minor, referenceId: row.reference_id };
    if (twin ? isSame(row, twin) : false) continue;
    if (twin || !(row.open || open.has(row.reference_id))) rows.push(found(row, 'broken', facts));
    else if (row.overdue) rows.push(found(row, 'late', facts));
    else inFlight += 1;
  }
  return {
    name: 'clearing.mirrors',
    invariant: `clearing mirrors by transfer id: what was ${book === 'giftcard' ? 'published' : 'released'}`,
    book,
    checked: received.length + missing.length,
    inFlight,
    whole: since === EPOCH,
    ...counted(rows),
  };
}

const twinsOf = async (db: Db, rows: readonly Received[]): Promise<Map<string, Received>> =>
  new Map((await auditRows<Received>(db, TWINS, { ids: rows.map(({ id }) => id) })).map((row) => [row.id, row]));

const isSame = (row: Received, twin: Received | undefined): boolean =>
  twin !== undefined && twin.amount_minor === row.amount_minor && twin.currency === row.currency;

const found = (
  { id, currency }: Received,
  verdict: FoundRow['verdict'],
  facts: Readonly<Record<string, bigint | string | undefined>>,
): FoundRow => ({
  subject: id,
  currency,
  verdict,
  facts: Object.fromEntries(Object.entries(facts).map(([name, value]) => [name, value?.toString() ?? null])),
});

const counted = (rows: readonly FoundRow[]): Pick<CheckResult, 'late' | 'broken' | 'rows'> => ({
  late: rows.filter(({ verdict }) => verdict === 'late').length,
  broken: rows.filter(({ verdict }) => verdict === 'broken').length,
  rows,
});

interface Awarded {
  readonly id: string;
  readonly card_id: string;
  readonly face_minor: bigint;
  readonly currency: string;
}

const LIVE_AWARDS = `
  select a.id, p.card_id, p.face_minor, p.currency from giveaway_awards a join giveaway_prizes p on p.id = a.prize_id and p.card_id is not null
  where a.state not in ('EXPIRED', 'DECLINED', 'DISQUALIFIED') and a.id > :after order by a.id limit 5000`;
const CARDS = `select id as card_id, face_minor, currency from gift_cards where state = 'ISSUED' and id = any (:ids::uuid[])`;

/** Whoever was awarded a prize finds its escrow in the other book, with the same face. @param onPage called after each. */
export async function checkAwards({ giveaway, giftcard }: Books, onPage: () => void = () => {}): Promise<CheckResult> {
  const rows: FoundRow[] = [];
  let checked = 0;
  for (let after: string | undefined = '00000000-0000-0000-0000-000000000000'; after !== undefined; onPage()) {
    const page: Awarded[] = await auditRows<Awarded>(giveaway, LIVE_AWARDS, { after });
    const ids = page.map(({ card_id }) => card_id);
    const cards = new Map((await auditRows<Awarded>(giftcard, CARDS, { ids })).map((card) => [card.card_id, card]));
    for (const { id, card_id, face_minor, currency } of page) {
      const card = cards.get(card_id);
      if (card?.face_minor === face_minor && card.currency === currency) continue;
      const facts = {
        cardId: card_id,
        prizeMinor: face_minor.toString(),
        escrowMinor: card?.face_minor.toString() ?? null,
      };
      rows.push({ subject: id, currency, verdict: 'broken', facts });
    }
    checked += page.length;
    after = page.at(-1)?.id;
  }
  const invariant = 'every live award has its escrow';
  return { name: 'awards.escrow', invariant, book: 'giveaway', checked, inFlight: 0, whole: true, ...counted(rows) };
}
