import { auditDatabase, type AuditCursor, type AuditOptions, type BookAudit } from '../db/audit-books.ts';
import { checkAwards, checkMirrors, type Books } from '../db/audit-mirrors.ts';
import type { DatabaseName } from '../db/connect.ts';
import type { CheckResult } from '../db/ledger/invariants.ts';
import type { PaymentsPort } from '../providers/payments/port.ts';
import { checkIntents, checkProviderBalance, PROVIDER_BALANCE, PROVIDER_INTENTS } from './audit-provider.ts';

export interface AuditWorld {
  readonly books: Books;
  readonly payments: PaymentsPort;
}

export interface BookOptions extends AuditOptions {
  /** Intents of which the provider said something else before. */
  readonly standing?: readonly string[];
  /** Called when the provider does not answer; its checks are left to the next run then. Absent: it is thrown. */
  readonly onProviderTrouble?: (error: unknown) => void;
}

const DAY_MS = 24 * 3_600_000;
/** Ended intents that are held against the provider: in a run over what moved, and in one over everything. */
const INTENTS = { touched: 200, whole: 5_000 } as const;

/**
 * Asks one book everything: its own invariants, what mirrors the other book (whose receiver it is), and the provider.
 * The same for the schedule and for `npm run audit`.
 */
export async function auditBook(book: DatabaseName, world: AuditWorld, options: BookOptions = {}): Promise<BookAudit> {
  const { only, budgetMs, onStep = () => {} } = options;
  const wanted = (name: string): boolean => only?.has(name) ?? true;
  const audit = await auditDatabase(world.books[book], book, options);
  const since = options.after && dayBefore(options.after);
  const results = [...audit.results];
  if (wanted('clearing.mirrors')) results.push(await checkMirrors(book, world.books, { since, budgetMs }));
  if (book === 'giveaway' && wanted('awards.escrow') && !options.after)
    results.push(await checkAwards(world.books, onStep));
  onStep();
  try {
    results.push(...(await askProvider(book, world, options)));
  } catch (error) {
    if (!options.onProviderTrouble) throw error;
    options.onProviderTrouble(error);
  }
  return { ...audit, results };
}

async function askProvider(
  book: DatabaseName,
  { books, payments }: AuditWorld,
  { after, only, standing, onStep = () => {} }: BookOptions,
): Promise<CheckResult[]> {
  const asked: CheckResult[] = [];
  if (only?.has(PROVIDER_BALANCE) ?? true) asked.push(await checkProviderBalance(book, books, payments));
  onStep();
  if (only?.has(PROVIDER_INTENTS) ?? true) {
    const options = {
      since: after?.since ?? new Date(Date.now() - DAY_MS),
      limit: after ? INTENTS.touched : INTENTS.whole,
      standing,
      onStep,
    };
    asked.push(await checkIntents(book, books[book], payments, options));
  }
  return asked;
}

/** What left a book may arrive in the other one much later: a run over what moved looks a day back. */
const dayBefore = ({ since }: AuditCursor): Date => new Date(since.getTime() - DAY_MS);
