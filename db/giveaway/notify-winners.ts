import type { Cause } from '../../domain/cause.ts';
import type { ClaimMode } from '../../domain/official-rules.ts';
import type { PrizeKind } from '../../domain/prizes.ts';
import { callCommand } from '../call-command.ts';
import type { Db } from '../connect.ts';

export const NOTIFICATION_KINDS = ['award_won', 'prize_shipped', 'rules_changed'] as const;

export interface DueNotification {
  readonly id: string;
  readonly attempt: number;
  readonly kind: (typeof NOTIFICATION_KINDS)[number];
  readonly userId: string;
  readonly giveawayId: string;
  readonly awardId: string | null;
  readonly title: string;
  readonly claims: ClaimMode;
  readonly claimWindowMs: number;
  /** Minor units of the currency; null without a prize. */
  readonly prize: string | null;
  readonly currency: string | null;
  readonly prizeKind: PrizeKind | null;
  readonly prizeName: string | null;
}

export interface NotificationAnswer {
  readonly id: string;
  readonly attempt: number;
  readonly outcome: 'accepted' | 'refused' | 'later';
  readonly problem: string | null;
  readonly againInMs: number;
}

/** A notification for awards whose winners were not told yet. @returns how many; at most the limit. */
export const queueNotifications = (db: Db, limit: number): Promise<{ queued: number }> =>
  callCommand(db, 'queue_notifications', { limit });

/** The next ones that are due, lent for a while: what is not recorded by then is due again. */
export const claimNotifications = (db: Db, input: { limit: number; leaseMs: number }): Promise<DueNotification[]> =>
  callCommand(db, 'claim_notifications', input);

/** What has come of them; the claim windows of those who are told begin now. @returns how many windows. */
export const recordNotifications = (
  db: Db,
  answers: readonly NotificationAnswer[],
  cause: Cause,
): Promise<{ windows: number }> => callCommand(db, 'record_notifications', { answers, ...cause });
