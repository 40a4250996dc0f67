import type { Cause } from '../../domain/cause.ts';
import { DomainError } from '../../domain/errors.ts';
import type { Database, Db } from '../connect.ts';
import { applyTransfers } from '../ledger/apply-transfers.ts';
import { resolution, transferId } from '../ledger/transfer.ts';
import { appendEvent } from '../outbox/append-event.ts';
import { providerClearing, walletAccounts } from './accounts.ts';

export interface Funding {
  readonly id: string;
  readonly hostId: string;
  readonly currency: string;
  readonly amountMinor: bigint;
  readonly source: string;
  readonly state: 'PENDING' | 'SUCCEEDED' | 'FAILED' | 'NEEDS_ATTENTION';
  readonly feeMinor: bigint | null;
  readonly failureCode: string | null;
  readonly caseNumber: number;
  readonly firstSentAt: Date;
}

const COLUMNS = {
  id: 'id',
  hostId: 'host_id',
  currency: 'currency',
  amountMinor: 'amount_minor',
  source: 'source',
  state: 'state',
  feeMinor: 'fee_minor',
  failureCode: 'failure_code',
  caseNumber: 'case_number',
  firstSentAt: 'first_sent_at',
} as const;

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
export const beginFunding = (db: Database, input: BeginFunding, cause: Cause): Promise<Funding> =>
  db.transaction(async (trx) => {
    await trx('wallets').insert({ host_id: input.hostId, currency: input.currency }).onConflict().ignore();
    const inserted = await trx('wallet_fundings')
      .insert({
        id: input.fundingId,
        host_id: input.hostId,
        currency: input.currency,
        amount_minor: input.amountMinor,
        source: input.source,
      })
      .onConflict('id')
      .ignore()
      .returning('id');
    const funding = await lockFunding(trx, input.fundingId);
    if (inserted.length === 0) return sameInputs(funding, input);
    await applyTransfers(trx, [
      {
        id: fundTransferId(input.fundingId),
        kind: 'pending',
        debit: providerClearing(input.currency),
        credit: walletAccounts(input.hostId, input.currency).wallet,
        amountMinor: input.amountMinor,
        code: 'fund',
        referenceId: input.fundingId,
      },
    ]);
    await appendFundingEvent(trx, funding, 'wallet.funding.started', cause);
    return funding;
  });

/** The charge is final and its fee is known: the money is the host's, and the fee travels with it until it is won back. */
export const completeFunding = (
  db: Database,
  { fundingId, providerId, feeMinor }: { fundingId: string; providerId: string; feeMinor: bigint },
  cause: Cause,
): Promise<Funding> =>
  db.transaction(async (trx) => {
    const funding = await lockFunding(trx, fundingId);
    if (funding.state === 'SUCCEEDED') return funding;
    if (funding.state === 'FAILED') throw new Error(`Funding ${fundingId} has failed and cannot succeed`);
    const { fees } = walletAccounts(funding.hostId, funding.currency);
    await applyTransfers(trx, [
      resolution('post', fundTransferId(fundingId), 'fund.post', fundingId),
      {
        id: transferId('fund', fundingId, 'fee'),
        kind: 'posted',
        debit: fees,
        credit: providerClearing(funding.currency),
        amountMinor: feeMinor,
        code: 'fund.fee',
        referenceId: fundingId,
      },
    ]);
    return moveFunding(
      trx,
      funding,
      { state: 'SUCCEEDED', fee_minor: feeMinor, provider_id: providerId },
      'wallet.funding.succeeded',
      cause,
    );
  });

/** The provider definitely refused: the pending entry is voided and nothing was ever spendable. */
export const failFunding = (
  db: Database,
  { fundingId, failureCode }: { fundingId: string; failureCode: string },
  cause: Cause,
): Promise<Funding> =>
  db.transaction(async (trx) => {
    const funding = await lockFunding(trx, fundingId);
    if (funding.state === 'FAILED') return funding;
    if (funding.state === 'SUCCEEDED') throw new Error(`Funding ${fundingId} has succeeded and cannot fail`);
    await applyTransfers(trx, [resolution('void', fundTransferId(fundingId), 'fund.void', fundingId)]);
    return moveFunding(trx, funding, { state: 'FAILED', failure_code: failureCode }, 'wallet.funding.failed', cause);
  });

/** Nobody can say what became of the charge: a person has to look. The pending entry stays. */
export const parkFunding = (
  db: Database,
  { fundingId, reason }: { fundingId: string; reason: string },
  cause: Cause,
): Promise<Funding> =>
  db.transaction(async (trx) => {
    const funding = await lockFunding(trx, fundingId);
    if (funding.state !== 'PENDING') return funding;
    const change = { state: 'NEEDS_ATTENTION', failure_code: reason, case_number: funding.caseNumber + 1 };
    return moveFunding(trx, funding, change, 'wallet.funding.needs_attention', cause);
  });

const fundTransferId = (fundingId: string): string => transferId('fund', fundingId);

export async function readFunding(db: Db, fundingId: string): Promise<Funding | undefined> {
  return db('wallet_fundings').where({ id: fundingId }).first<Funding>(COLUMNS);
}

async function lockFunding(trx: Db, fundingId: string): Promise<Funding> {
  const funding = await trx('wallet_fundings').where({ id: fundingId }).forUpdate().first<Funding>(COLUMNS);
  if (!funding) throw new DomainError('funding_not_found', 'There is no such funding.', { fundingId });
  return funding;
}

function sameInputs(funding: Funding, input: BeginFunding): Funding {
  const same =
    funding.hostId === input.hostId &&
    funding.currency === input.currency &&
    funding.amountMinor === input.amountMinor &&
    funding.source === input.source;
  if (same) return funding;
  throw new DomainError('idempotency_key_reused', 'This id belongs to a funding with other inputs.', {
    fundingId: funding.id,
  });
}

async function moveFunding(
  trx: Db,
  funding: Funding,
  change: Record<string, unknown>,
  eventType: string,
  cause: Cause,
): Promise<Funding> {
  await trx('wallet_fundings')
    .where({ id: funding.id })
    .update({ ...change, updated_at: trx.fn.now() });
  const moved = await lockFunding(trx, funding.id);
  await appendFundingEvent(trx, moved, eventType, cause);
  return moved;
}

const appendFundingEvent = (trx: Db, funding: Funding, type: string, cause: Cause): Promise<void> =>
  appendEvent(trx, {
    aggregateType: 'wallet_funding',
    aggregateId: funding.id,
    type,
    payload: {
      hostId: funding.hostId,
      currency: funding.currency,
      amountMinor: funding.amountMinor.toString(),
      ...(funding.feeMinor === null ? {} : { feeMinor: funding.feeMinor.toString() }),
      ...(funding.failureCode === null ? {} : { reason: funding.failureCode }),
    },
    actor: cause.actor,
    correlationId: cause.requestId,
  });
