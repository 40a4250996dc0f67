import { untouchedRows, type UntouchedRow } from '../untouched-rows.ts';

interface OpenGiveaway extends UntouchedRow {
  readonly hostId: string;
}

/** Being paid for. */
export const untouchedPublishes = untouchedRows<OpenGiveaway & { readonly publishId: string }>({
  from: 'giveaways t',
  aggregate: 'giveaway',
  columns: 't.host_id as "hostId", t.publish_id as "publishId"',
  open: "t.state = 'FUNDING'",
});

/** Paid for, and not at their end; also cancelled ones, until their prizes are on their way back. */
export const untouchedRuns = untouchedRows<
  OpenGiveaway & { readonly cancelled: boolean; readonly overdue: boolean; readonly drawRequested: boolean }
>({
  from: 'giveaways t',
  aggregate: 'giveaway',
  columns: `t.host_id as "hostId", t.state = 'CANCELLED' as cancelled, t.state = 'OPEN' and t.closes_at < now() as overdue,
    t.state = 'CLOSED' and t.draw_requested_at is not null as "drawRequested"`,
  open: `t.state in ('SCHEDULED', 'OPEN', 'CLOSED', 'DRAWING', 'DRAWN', 'FULFILLING')
    or t.state = 'CANCELLED' and t.published_at is not null and t.prizes_released_at is null`,
});

/** Their workflow brings the prize; a claim that waits for a decision has none. */
export const untouchedClaims = untouchedRows<
  UntouchedRow & { readonly participantId: string; readonly workflowId: string | null }
>({
  from: 'giveaway_awards t',
  aggregate: 'award',
  columns: 't.participant_id as "participantId", t.claim_workflow_id as "workflowId"',
  open: "t.state = 'VERIFIED' and t.claim_workflow_id is not null",
});
