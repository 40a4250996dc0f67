import type { Cause } from '../../domain/cause.ts';
import { DomainError } from '../../domain/errors.ts';
import { nameUuid } from '../../domain/ids.ts';
import { sha1 } from '../../runtime/crypto.ts';
import type { Database, Db } from '../connect.ts';
import { applyTransfers } from '../ledger/apply-transfers.ts';
import { resolution, transferId } from '../ledger/transfer.ts';
import { appendEvent } from '../outbox/append-event.ts';
import { merchantPayable, platformFees, providerClearing, providerCosts } from './accounts.ts';

export type Leg = 'merchant' | 'platform';

export interface SettlementRow {
  readonly id: string;
  readonly merchant_id: string;
  readonly card_id: string;
  readonly redemption_id: string;
  readonly currency: string;
  readonly gross_minor: bigint;
  readonly fee_minor: bigint;
  readonly service_minor: bigint;
  readonly merchant_minor: bigint;
  readonly state: 'SETTLING' | 'NEEDS_ATTENTION' | 'SETTLED';
  readonly case_number: number;
  readonly reason: string | null;
}

export interface Intent {
  readonly id: string;
  readonly settlement_id: string;
  readonly leg: Leg;
  readonly number: number;
  readonly amount_minor: bigint;
  readonly currency: string;
  readonly destination_account: string | null;
  readonly state: 'SENT' | 'UNKNOWN' | 'SUCCEEDED' | 'FAILED_DEFINITE' | 'REVERSED';
  readonly failure_code: string | null;
  readonly first_sent_at: Date;
}

/**
 * tx1 of a leg: the intent and the pending entry, before the provider is called. The live intent, if there is one, is
 * returned as it stands; after a definite refusal a new one is made, because the provider replays a stored refusal.
 * @returns undefined for a leg of zero, which is done without a call.
 */
export const beginLeg = (
  db: Database,
  { settlementId, leg }: { settlementId: string; leg: Leg },
): Promise<Intent | undefined> =>
  db.transaction(async (trx) => {
    const settlement = await lockSettlement(trx, settlementId);
    const amountMinor = leg === 'merchant' ? settlement.merchant_minor : settlement.service_minor;
    if (amountMinor === 0n) return undefined;
    const intents = await trx('settlement_intents')
      .where({ settlement_id: settlementId, leg })
      .orderBy('number', 'desc')
      .select<Intent[]>();
    const last = intents[0];
    if (last && last.state !== 'FAILED_DEFINITE' && last.state !== 'REVERSED') return last;
    if (leg === 'platform') await requireMerchantPaid(trx, settlement);
    const number = (last?.number ?? 0) + 1;
    const id = nameUuid(sha1, 'settlement-intent', settlementId, leg, String(number));
    const payout =
      leg === 'merchant'
        ? await trx('merchants').where({ id: settlement.merchant_id }).first<{ payout_account: string }>()
        : undefined;
    await applyTransfers(trx, [
      {
        id: transferId('settle', id),
        kind: 'pending',
        debit: legAccount(settlement, leg),
        credit: providerClearing(settlement.currency),
        amountMinor,
        code: `settle.${leg}`,
        referenceId: settlementId,
      },
    ]);
    const [intent] = await trx('settlement_intents')
      .insert({
        id,
        settlement_id: settlementId,
        leg,
        number,
        amount_minor: amountMinor,
        currency: settlement.currency,
        destination_account: payout?.payout_account ?? null,
      })
      .returning<Intent[]>('*');
    return intent;
  });

/** The platform leg follows the merchant's: a merchant is never paid less than the platform. */
async function requireMerchantPaid(trx: Db, settlement: SettlementRow): Promise<void> {
  if (settlement.merchant_minor === 0n) return;
  const paid = await trx('settlement_intents')
    .where({ settlement_id: settlement.id, leg: 'merchant', state: 'SUCCEEDED' })
    .first();
  if (!paid) throw new Error(`The merchant leg of settlement ${settlement.id} has not succeeded`);
}

const legAccount = (settlement: SettlementRow, leg: Leg) =>
  leg === 'merchant' ? merchantPayable(settlement.merchant_id, settlement.currency) : platformFees(settlement.currency);

export interface LegPaid {
  readonly intentId: string;
  readonly providerId: string;
  /** The payout's own fee: the platform's cost, it changes nothing of the merchant's. */
  readonly payoutFeeMinor: bigint;
}

/** tx2 of a leg that the provider has carried out. */
export const completeLeg = (db: Database, paid: LegPaid, cause: Cause): Promise<void> =>
  db.transaction(async (trx) => {
    const intent = await lockIntent(trx, paid.intentId);
    if (intent.state === 'SUCCEEDED') return;
    await applyTransfers(trx, [
      resolution('post', transferId('settle', intent.id), `settle.${intent.leg}.post`, intent.settlement_id),
      {
        id: transferId('settle', intent.id, 'payout-fee'),
        kind: 'posted',
        debit: providerCosts(intent.currency),
        credit: providerClearing(intent.currency),
        amountMinor: paid.payoutFeeMinor,
        code: 'payout.fee',
        referenceId: intent.settlement_id,
      },
    ]);
    await trx('settlement_intents').where({ id: intent.id }).update({
      state: 'SUCCEEDED',
      provider_id: paid.providerId,
      payout_fee_minor: paid.payoutFeeMinor,
      updated_at: trx.fn.now(),
    });
    await appendSettlementEvent(trx, intent.settlement_id, `giftcard.settlement.${intent.leg}_paid`, cause, {
      intentId: intent.id,
      amountMinor: intent.amount_minor.toString(),
    });
  });

/** tx2 of a leg that the provider has definitely refused: the intent ends, and the money is owed as before. */
export const refuseLeg = (
  db: Database,
  { intentId, failureCode }: { intentId: string; failureCode: string },
  cause: Cause,
): Promise<void> =>
  db.transaction(async (trx) => {
    const intent = await lockIntent(trx, intentId);
    if (intent.state === 'FAILED_DEFINITE') return;
    await applyTransfers(trx, [
      resolution('void', transferId('settle', intent.id), `settle.${intent.leg}.void`, intent.settlement_id),
    ]);
    await trx('settlement_intents')
      .where({ id: intent.id })
      .update({ state: 'FAILED_DEFINITE', failure_code: failureCode, updated_at: trx.fn.now() });
    await appendSettlementEvent(trx, intent.settlement_id, `giftcard.settlement.${intent.leg}_refused`, cause, {
      intentId: intent.id,
      reason: failureCode,
    });
  });

/** The provider's answer is open; the pending entry stays until it is known. */
export async function markIntentUnknown(db: Db, intentId: string): Promise<void> {
  await db('settlement_intents')
    .where({ id: intentId, state: 'SENT' })
    .update({ state: 'UNKNOWN', updated_at: db.fn.now() });
}

/** SETTLING → SETTLED: both legs are paid. The card ends with its last settlement. */
export const completeSettlement = (db: Database, settlementId: string, cause: Cause): Promise<void> =>
  db.transaction(async (trx) => {
    const settlement = await lockSettlement(trx, settlementId);
    if (settlement.state === 'SETTLED') return;
    await moveSettlement(trx, settlement, { state: 'SETTLED', reason: null }, 'giftcard.settlement.settled', cause);
    await trx.raw(
      `update gift_cards c set state = 'SETTLED', updated_at = now()
       where c.id = ? and c.state = 'SETTLING'
         and not exists (select from settlements s where s.card_id = c.id and s.state <> 'SETTLED')`,
      [settlement.card_id],
    );
  });

/** A person has to decide. @returns the case's number, which every decision must carry. */
export const parkSettlement = (
  db: Database,
  { settlementId, reason }: { settlementId: string; reason: string },
  cause: Cause,
): Promise<number> =>
  db.transaction(async (trx) => {
    const settlement = await lockSettlement(trx, settlementId);
    if (settlement.state === 'SETTLED') throw new Error(`Settlement ${settlementId} is settled and cannot be parked`);
    if (settlement.state === 'NEEDS_ATTENTION') return settlement.case_number;
    const caseNumber = settlement.case_number + 1;
    await moveSettlement(
      trx,
      settlement,
      { state: 'NEEDS_ATTENTION', reason, case_number: caseNumber },
      'giftcard.settlement.needs_attention',
      cause,
      { reason, caseNumber },
    );
    return caseNumber;
  });

/** Finance has decided to try again. @throws DomainError case_changed, settlement_not_parked. */
export const resumeSettlement = (
  db: Database,
  { settlementId, caseNumber, reason }: { settlementId: string; caseNumber: number; reason: string },
  cause: Cause,
): Promise<void> =>
  db.transaction(async (trx) => {
    const settlement = await lockSettlement(trx, settlementId);
    if (settlement.case_number !== caseNumber) {
      throw new DomainError('case_changed', 'The case has changed since you looked.', {
        settlementId,
        caseNumber: settlement.case_number,
      });
    }
    if (settlement.state === 'SETTLING') return;
    if (settlement.state !== 'NEEDS_ATTENTION')
      throw new DomainError('settlement_not_parked', `The settlement is ${settlement.state}.`, { settlementId });
    await moveSettlement(trx, settlement, { state: 'SETTLING', reason: null }, 'giftcard.settlement.retried', cause, {
      reason,
      caseNumber,
    });
  });

async function moveSettlement(
  trx: Db,
  settlement: SettlementRow,
  change: Partial<Pick<SettlementRow, 'state' | 'reason' | 'case_number'>>,
  type: string,
  cause: Cause,
  payload: Record<string, unknown> = {},
): Promise<void> {
  await trx('settlements')
    .where({ id: settlement.id })
    .update({ ...change, updated_at: trx.fn.now() });
  await appendSettlementEvent(trx, settlement.id, type, cause, {
    state: change.state,
    merchantId: settlement.merchant_id,
    cardId: settlement.card_id,
    ...payload,
  });
}

const appendSettlementEvent = (
  trx: Db,
  id: string,
  type: string,
  cause: Cause,
  payload: Record<string, unknown>,
): Promise<void> =>
  appendEvent(trx, {
    aggregateType: 'settlement',
    aggregateId: id,
    type,
    payload,
    actor: cause.actor,
    correlationId: cause.requestId,
  });

async function lockSettlement(trx: Db, id: string): Promise<SettlementRow> {
  const settlement = await trx('settlements').where({ id }).forUpdate().first<SettlementRow>();
  if (!settlement) throw new DomainError('settlement_not_found', 'There is no such settlement.', { settlementId: id });
  return settlement;
}

/** Locks the settlement first, as every other command does, so that two commands cannot wait for each other. */
async function lockIntent(trx: Db, id: string): Promise<Intent> {
  const owner = await trx('settlement_intents').where({ id }).first<{ settlement_id: string }>('settlement_id');
  if (!owner) throw new Error(`There is no intent ${id}`);
  await lockSettlement(trx, owner.settlement_id);
  return trx('settlement_intents').where({ id }).first<Intent>();
}
