import type { Cause } from '../../domain/cause.ts';
import { callCommand } from '../call-command.ts';
import type { Db } from '../connect.ts';

export interface CreditRelease {
  /** The release of the giftcard domain: both books know it by this id. */
  readonly releaseId: string;
  readonly hostId: string;
  readonly currency: string;
  readonly cashMinor: bigint;
  /** The share of the funding fee that goes back with it. */
  readonly feeMinor: bigint;
  readonly reason: string;
  readonly giveawayId: string | null;
}

/**
 * What the giftcard domain has released is the host's again; also where the wallet is frozen. Repeated with the same id
 * it changes nothing.
 * @throws DomainError ledger_transfer_conflict when it was credited with other amounts.
 */
export const creditRelease = async (db: Db, input: CreditRelease, cause: Cause): Promise<void> => {
  await callCommand(db, 'credit_release', { ...input, ...cause });
};
