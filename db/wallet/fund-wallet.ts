import type { Cause } from '../../domain/cause.ts';
import { callCommand } from '../call-command.ts';
import type { Db } from '../connect.ts';

export interface Funding {
  readonly fundingId: string;
  readonly hostId: string;
  readonly currency: string;
  readonly amountMinor: string;
  readonly state: 'PENDING' | 'SUCCEEDED' | 'FAILED' | 'NEEDS_ATTENTION';
  readonly feeMinor: string | null;
  readonly failureCode: string | null;
  readonly caseNumber: number;
  /** By the database's clock: the provider's key window counts from here. */
  readonly firstSentAt: string;
}

export interface BeginFunding {
  readonly fundingId: string;
  readonly hostId: string;
  readonly currency: string;
  readonly amountMinor: bigint;
  readonly source: string;
}

/**
 * The intent, before the provider is called: its row and the pending entry of the amount. Repeated with the same
 * inputs it returns what stands there.
 * @throws DomainError idempotency_key_reused when the id stands there with other inputs.
 */
export const beginFunding = (db: Db, input: BeginFunding, cause: Cause): Promise<Funding> =>
  callCommand<Funding>(db, 'begin_funding', { ...input, ...cause });

/** The charge is final and its fee is known: the money is the host's, and the fee travels with it until it is won back. */
export const completeFunding = (
  db: Db,
  input: { fundingId: string; providerId: string; feeMinor: bigint },
  cause: Cause,
): Promise<Funding> => callCommand<Funding>(db, 'complete_funding', { ...input, ...cause });

/** The provider definitely refused: the pending entry is voided and nothing was ever spendable. */
export const failFunding = (
  db: Db,
  input: { fundingId: string; failureCode: string },
  cause: Cause,
): Promise<Funding> => callCommand<Funding>(db, 'fail_funding', { ...input, ...cause });

/** Nobody can say what became of the charge: a person has to look. The pending entry stays. */
export const parkFunding = (db: Db, input: { fundingId: string; reason: string }, cause: Cause): Promise<Funding> =>
  callCommand<Funding>(db, 'park_funding', { ...input, ...cause });

/** Finance has the provider asked again: noted on the case. @throws DomainError funding_not_found, case_changed. */
export const decideFunding = (
  db: Db,
  input: { fundingId: string; caseNumber: number; decisionReason: string },
  cause: Cause,
): Promise<Funding> => callCommand<Funding>(db, 'decide_funding', { ...input, ...cause });

export async function readFunding(db: Db, fundingId: string): Promise<Funding | undefined> {
  const result: unknown = await db.raw('select funding_answer(f) as answer from wallet_fundings f where f.id = ?', [
    fundingId,
  ]);
  return (result as { rows: { answer: Funding }[] }).rows[0]?.answer;
}
