import type { Cause } from '../../domain/cause.ts';
import { callCommand } from '../call-command.ts';
import type { Db } from '../connect.ts';
import type { SettlementStep } from './pay-settlement.ts';

export interface ReversedPayout extends SettlementStep {
  readonly currency: string;
  /** Null: a carried share of the platform. */
  readonly merchantId: string | null;
  /** Null: of a batch. */
  readonly cardId: string | null;
  /** Whether the given workflow is to wait for the decision; else the settlement's own is still at work. */
  readonly mine: boolean;
}

/**
 * A payout came back: it is owed again, and a person has to decide. Repeated it changes nothing.
 * @throws DomainError settlement_not_found when the intent is none of ours.
 */
export const reversePayout = (
  db: Db,
  input: { intentId: string; workflowId: string },
  cause: Cause,
): Promise<ReversedPayout> => callCommand<ReversedPayout>(db, 'reverse_payout', { ...input, ...cause });

export interface AwaitedPayout {
  readonly workflowId: string;
  /** Whether the workflow looks it up from time to time, because its end is still open. */
  readonly awaited: boolean;
}

/** Who pays this intent; undefined where it is none of a settlement. */
export async function findSettlementIntent(db: Db, id: string): Promise<AwaitedPayout | undefined> {
  const { rows } = (await db.raw(FIND, [id])) as { rows: AwaitedPayout[] };
  return rows[0];
}

/** Of an intent `i`. Before a second has passed whoever has sent it hears the answer, or looks it up anyway. */
export const IS_AWAITED = `i.state in ('SENT', 'UNKNOWN') and i.first_sent_at < clock_timestamp() - interval '1 second'`;

const FIND = `
select s.workflow_id as "workflowId", ${IS_AWAITED} as awaited
from settlement_intents i join settlements s on s.id = i.settlement_id where i.id = ?::uuid`;
