import type { Database } from '../../db/connect.ts';
import { freezeHostEscrow, liftHostFreeze } from '../../db/giftcard/freeze-host-escrow.ts';
import type { FrozenEscrow, HostFreezeInput } from '../../workflows/giftcard/contract.ts';

const causeOf = ({ freezeId, requestId }: HostFreezeInput) => ({ actor: `workflow:dispute/${freezeId}`, requestId });

export const freezeHostEscrowActivities = (db: Database) => ({
  freezeHostEscrow: (input: HostFreezeInput): Promise<FrozenEscrow> => freezeHostEscrow(db, input, causeOf(input)),
  liftHostFreeze: (input: HostFreezeInput): Promise<void> => liftHostFreeze(db, input, causeOf(input)),
});
