import type { Cause } from '../../domain/cause.ts';
import { callCommand } from '../call-command.ts';
import type { Db } from '../connect.ts';

export interface HostFreeze {
  /** What it is about, e.g. the disputed charge: one freeze each. */
  readonly freezeId: string;
  readonly hostId: string;
  readonly currency: string;
  readonly reason: string;
}

export interface FrozenEscrow {
  readonly freezeId: string;
  /** Cards that nobody had been given yet, and what was on them. */
  readonly cards: number;
  readonly amountMinor: string;
}

/** No card of the host in that currency can be assigned until each freeze is lifted; delivered ones are honoured. */
export const freezeHostEscrow = (db: Db, input: HostFreeze, cause: Cause): Promise<FrozenEscrow> =>
  callCommand<FrozenEscrow>(db, 'freeze_host_escrow', { ...input, ...cause });

/** Also of a freeze that never arrived: it changes nothing when it comes. */
export const liftHostFreeze = async (db: Db, input: HostFreeze, cause: Cause): Promise<void> => {
  await callCommand(db, 'lift_host_freeze', { ...input, ...cause });
};
