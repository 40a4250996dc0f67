import type { Cause } from '../../domain/cause.ts';
import { callCommand } from '../call-command.ts';
import type { Db } from '../connect.ts';

export interface ControlWallet {
  readonly hostId: string;
  readonly currency: string;
  /** A frozen wallet takes fundings and what comes back, and spends nothing. */
  readonly state?: 'ACTIVE' | 'FROZEN' | undefined;
  /** How long a charge must have been final before its money can be spent. */
  readonly spendableAfterMs?: number | undefined;
  readonly reason: string;
}

export interface ControlledWallet {
  readonly hostId: string;
  readonly currency: string;
  readonly state: 'ACTIVE' | 'FROZEN';
  readonly frozenReason: string | null;
  readonly spendableAfterMs: number;
}

/**
 * What is not named stays as it is. A freeze of finance's own outlives disputes.
 * @throws DomainError wallet_not_found; wallet_dispute_open while a charge of the wallet is disputed.
 */
export const controlWallet = (db: Db, input: ControlWallet, cause: Cause): Promise<ControlledWallet> =>
  callCommand<ControlledWallet>(db, 'control_wallet', { ...input, ...cause });
