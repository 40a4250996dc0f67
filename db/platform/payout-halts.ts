import type { Cause } from '../../domain/cause.ts';
import { callCommand } from '../call-command.ts';
import type { Db } from '../connect.ts';
import { newestFirst, type Page } from '../page.ts';

export interface PayoutHalt {
  readonly haltId: string;
  /** `*`: every currency. */
  readonly currency: string;
  /** The run that found it. */
  readonly auditId: string;
  /** How many findings are broken still, and neither mended nor waived. */
  readonly broken: number;
  /** Names of the checks that found something. */
  readonly checks: readonly string[];
  readonly haltedAt: string;
  readonly liftedAt: string | null;
  readonly liftedBy: string | null;
  readonly liftReason: string | null;
}

export interface WaivedFindings {
  readonly waived: readonly string[];
  /** Asked for by one person. */
  readonly waiting: readonly string[];
  readonly halt: PayoutHalt;
}

/** Payouts may begin again. @throws DomainError halt_not_found, halt_still_broken. */
export const liftPayoutHalt = (db: Db, input: { haltId: string; reason: string }, cause: Cause): Promise<PayoutHalt> =>
  callCommand<PayoutHalt>(db, 'lift_payout_halt', { ...input, ...cause });

/**
 * Two people say that findings may stay as they are: the first asks, another one asks for the same.
 * @throws DomainError halt_not_found, finding_not_found, case_not_open.
 */
export const waiveFindings = (
  db: Db,
  input: { haltId: string; findingIds: readonly string[]; reason: string },
  cause: Cause,
): Promise<WaivedFindings> => callCommand<WaivedFindings>(db, 'waive_findings', { ...input, ...cause });

const answer = (db: Db) => db.raw('payout_halt_answer(payout_halts) as answer');

export async function findPayoutHalt(db: Db, haltId: string): Promise<PayoutHalt | undefined> {
  return (await db('payout_halts').where({ id: haltId }).select<{ answer: PayoutHalt }[]>(answer(db)))[0]?.answer;
}

/** Newest first. */
export async function listPayoutHalts(
  db: Db,
  { active, ...page }: Page & { active?: boolean | undefined },
): Promise<PayoutHalt[]> {
  const query = db('payout_halts').select<{ answer: PayoutHalt }[]>(answer(db));
  if (active === true) void query.whereNull('lifted_at');
  if (active === false) void query.whereNotNull('lifted_at');
  newestFirst(query, 'payout_halts', page);
  return (await query).map((row) => row.answer);
}

/** Of each currency, or `*`. */
export const haltedCurrencies = (db: Db): Promise<string[]> =>
  db('payout_halts').whereNull('lifted_at').pluck<string[]>('currency');
