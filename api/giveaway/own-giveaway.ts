import { Giveaway } from '../../db/giveaway/model.ts';
import type { Database } from '../../db/connect.ts';
import { DomainError, type ErrorCode } from '../../domain/errors.ts';
import { hasReached } from '../../domain/giveaway.ts';
import type { Principal } from '../../runtime/access-tokens.ts';
import { processIsLost } from '../http/decide-case.ts';

/** @throws DomainError giveaway_not_found, also for somebody else's. */
export async function requireOwnGiveaway(db: Database, id: string, principal: Principal): Promise<Giveaway> {
  const found = await Giveaway.query(db).findById(id).where({ host_id: principal.userId });
  if (!found) throw new DomainError('giveaway_not_found', 'There is no such giveaway of yours.', { giveawayId: id });
  return found;
}

/**
 * Nobody was there to take the host's decision: the giveaway is not where it can be taken, or its workflow has been lost
 * and is about to be started again, and then the same decision is to be sent again.
 * @throws DomainError the refusal under this code, or service_unavailable.
 */
export async function refuseUntaken(db: Database, id: string, principal: Principal, code: ErrorCode): Promise<never> {
  const { state } = await requireOwnGiveaway(db, id, principal);
  if (hasReached(state, 'SCHEDULED') && !hasReached(state, 'DRAWING')) throw processIsLost();
  throw new DomainError(code, `The giveaway is ${state}.`, { giveawayId: id, state });
}
