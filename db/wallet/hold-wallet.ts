import type { Cause } from '../../domain/cause.ts';
import { DomainError } from '../../domain/errors.ts';
import { feeShare } from '../../domain/money.ts';
import type { Database, Db } from '../connect.ts';
import { applyTransfers } from '../ledger/apply-transfers.ts';
import { lockBalances } from '../ledger/balances.ts';
import { resolution, transferId } from '../ledger/transfer.ts';
import { appendEvent } from '../outbox/append-event.ts';
import { giftcardClearing, walletAccounts } from './accounts.ts';

export interface WalletHold {
  /** Also the id of the publish and of the escrow reservation. */
  readonly id: string;
  readonly hostId: string;
  readonly currency: string;
  readonly giveawayId: string;
  readonly grossMinor: bigint;
  /** What the provider kept of the charges that funded this part of the wallet. */
  readonly feeMinor: bigint;
  readonly state: 'HELD' | 'POSTED' | 'VOIDED';
}

const COLUMNS = {
  id: 'id',
  hostId: 'host_id',
  currency: 'currency',
  giveawayId: 'giveaway_id',
  grossMinor: 'gross_minor',
  feeMinor: 'fee_minor',
  state: 'state',
} as const;

export type HoldWallet = Pick<WalletHold, 'id' | 'hostId' | 'currency' | 'giveawayId' | 'grossMinor'>;

/**
 * Sets money of a wallet aside, and fixes the funding fee that goes with it. A refusal leaves no row anywhere.
 * @throws DomainError wallet_not_found, wallet_frozen, wallet_insufficient_funds, ledger_transfer_voided (undone before).
 */
export const holdWallet = (db: Database, input: HoldWallet, cause: Cause): Promise<WalletHold> =>
  db.transaction(async (trx) => {
    const existing = await findHold(trx, input.id);
    if (existing) return stillHeld(existing);
    await requireActiveWallet(trx, input);
    const { wallet, fees } = walletAccounts(input.hostId, input.currency);
    const [balance, carried] = await lockBalances(trx, [wallet, fees]);
    const availableMinor = balance?.availableMinor ?? 0n;
    // Whoever raced us under the same id has committed by now, or never will.
    const raced = await findHold(trx, input.id);
    if (raced) return stillHeld(raced);
    if (input.grossMinor > availableMinor) throw insufficient(input, availableMinor);
    const feeMinor = feeShare(carried?.availableMinor ?? 0n, input.grossMinor, availableMinor);
    await applyTransfers(trx, [
      {
        id: clearingTransferId(input.id),
        kind: 'pending',
        debit: wallet,
        credit: giftcardClearing(input.currency),
        amountMinor: input.grossMinor - feeMinor,
        code: 'publish.hold',
        referenceId: input.id,
      },
      {
        id: feeTransferId(input.id),
        kind: 'pending',
        debit: wallet,
        credit: fees,
        amountMinor: feeMinor,
        code: 'publish.hold.fee',
        referenceId: input.id,
      },
    ]);
    const hold: WalletHold = { ...input, feeMinor, state: 'HELD' };
    await trx('wallet_holds').insert({
      id: hold.id,
      host_id: hold.hostId,
      currency: hold.currency,
      giveaway_id: hold.giveawayId,
      gross_minor: hold.grossMinor,
      fee_minor: hold.feeMinor,
    });
    await appendHoldEvent(trx, hold, 'wallet.hold.created', cause);
    return hold;
  });

/**
 * The pivot of a publish: the money goes over to the giftcard book. From here the saga only goes forward.
 * @throws DomainError wallet_frozen, ledger_transfer_voided.
 */
export const postWalletHold = (db: Database, holdId: string, cause: Cause): Promise<WalletHold> =>
  db.transaction(async (trx) => {
    const hold = await lockHold(trx, holdId);
    if (hold.state === 'POSTED') return hold;
    stillHeld(hold);
    await requireActiveWallet(trx, hold);
    await applyTransfers(trx, resolutions('post', hold));
    return moveHold(trx, hold, 'POSTED', 'wallet.hold.posted', cause);
  });

/** The undo of a hold. Where nothing was held it leaves a tombstone, so that a late hold under this id is refused. */
export const voidWalletHold = (db: Database, holdId: string, cause: Cause): Promise<void> =>
  db.transaction(async (trx) => {
    const hold = await findHold(trx, holdId, true);
    if (!hold) {
      await applyTransfers(trx, [resolution('void', clearingTransferId(holdId), 'publish.void', holdId)]);
      return;
    }
    if (hold.state === 'VOIDED') return;
    if (hold.state === 'POSTED') throw new Error(`Hold ${holdId} is posted and cannot be voided`);
    await applyTransfers(trx, resolutions('void', hold));
    await moveHold(trx, hold, 'VOIDED', 'wallet.hold.voided', cause);
  });

/** The same id on both books: the auditor looks each transfer of one clearing account up on the other side. */
const clearingTransferId = (publishId: string): string => transferId('publish', publishId, 'clearing');
const feeTransferId = (publishId: string): string => transferId('publish', publishId, 'wallet-fee');

const resolutions = (kind: 'post' | 'void', hold: WalletHold) => {
  const pending = [
    ...(hold.grossMinor > hold.feeMinor ? [clearingTransferId(hold.id)] : []),
    ...(hold.feeMinor > 0n ? [feeTransferId(hold.id)] : []),
  ];
  return pending.map((id) => resolution(kind, id, `publish.${kind}`, hold.id));
};

async function requireActiveWallet(
  trx: Db,
  { hostId, currency }: Pick<HoldWallet, 'hostId' | 'currency'>,
): Promise<void> {
  const wallet = await trx('wallets').where({ host_id: hostId, currency }).forShare().first<{ state: string }>('state');
  if (!wallet)
    throw new DomainError('wallet_not_found', `There is no wallet in ${currency}: fund one first.`, { currency });
  if (wallet.state !== 'ACTIVE') throw new DomainError('wallet_frozen', 'The wallet is frozen.', { currency });
}

const insufficient = (input: HoldWallet, availableMinor: bigint): DomainError =>
  new DomainError('wallet_insufficient_funds', 'The prizes cost more than the wallet has available.', {
    currency: input.currency,
    neededMinor: input.grossMinor.toString(),
    availableMinor: availableMinor.toString(),
  });

function stillHeld(hold: WalletHold): WalletHold {
  if (hold.state !== 'VOIDED') return hold;
  throw new DomainError('ledger_transfer_voided', 'This hold was undone.', { holdId: hold.id });
}

async function findHold(trx: Db, id: string, lock = false): Promise<WalletHold | undefined> {
  const query = trx('wallet_holds').where({ id });
  return (lock ? query.forUpdate() : query).first<WalletHold>(COLUMNS);
}

async function lockHold(trx: Db, id: string): Promise<WalletHold> {
  const hold = await findHold(trx, id, true);
  if (!hold) throw new Error(`There is no hold ${id}`);
  return hold;
}

async function moveHold(
  trx: Db,
  hold: WalletHold,
  state: WalletHold['state'],
  eventType: string,
  cause: Cause,
): Promise<WalletHold> {
  await trx('wallet_holds').where({ id: hold.id }).update({ state, updated_at: trx.fn.now() });
  const moved = { ...hold, state };
  await appendHoldEvent(trx, moved, eventType, cause);
  return moved;
}

const appendHoldEvent = (trx: Db, hold: WalletHold, type: string, cause: Cause): Promise<void> =>
  appendEvent(trx, {
    aggregateType: 'wallet_hold',
    aggregateId: hold.id,
    type,
    payload: {
      hostId: hold.hostId,
      giveawayId: hold.giveawayId,
      currency: hold.currency,
      grossMinor: hold.grossMinor.toString(),
      feeMinor: hold.feeMinor.toString(),
    },
    actor: cause.actor,
    correlationId: cause.requestId,
  });
