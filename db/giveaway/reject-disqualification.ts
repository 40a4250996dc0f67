import type { Cause } from '../../domain/cause.ts';
import { callCommand } from '../call-command.ts';
import type { Db } from '../connect.ts';

export interface RejectDisqualification {
  readonly giveawayId: string;
  readonly participantId: string;
  /** `user:<id>`: the person, also where an API key speaks for them. */
  readonly decidedBy: string;
  readonly byHost: boolean;
}

export interface RejectedDisqualification {
  readonly participantId: string;
  readonly requestedBy: string;
  readonly rejectedBy: string;
}

/**
 * There is nothing in what somebody was suspected of: another person says so, and one of the two is not the host.
 * @throws DomainError disqualification_not_found, disqualification_approved, second_person_missing.
 */
export const rejectDisqualification = (
  db: Db,
  input: RejectDisqualification,
  cause: Cause,
): Promise<RejectedDisqualification> => callCommand(db, 'reject_disqualification', { ...input, ...cause });
