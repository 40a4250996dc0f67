import { Giveaway } from '../../db/giveaway/model.ts';
import type { Database } from '../../db/connect.ts';
import { DomainError } from '../../domain/errors.ts';
import type { Principal } from '../../runtime/access-tokens.ts';

/** @throws DomainError giveaway_not_found, also for somebody else's. */
export async function requireOwnGiveaway(db: Database, id: string, principal: Principal): Promise<Giveaway> {
  const found = await Giveaway.query(db).findById(id).where({ host_id: principal.userId });
  if (!found) throw new DomainError('giveaway_not_found', 'There is no such giveaway of yours.', { giveawayId: id });
  return found;
}
