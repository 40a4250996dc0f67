/** The audit of one book: the workflows run in both namespaces, each over the database of its own. */

export interface AuditBooksInput {
  /** `touched`: what moved since the last run; `whole`: everything. */
  readonly scope: 'touched' | 'whole';
  /** Absent: of a schedule. */
  readonly by?: { readonly auditId: string; readonly actor: string; readonly requestId: string };
}

export interface AuditSummary {
  readonly auditId: string;
  readonly scope: 'touched' | 'whole' | 'recheck';
  readonly checked: number;
  readonly inFlight: number;
  readonly late: number;
  readonly broken: number;
}

export interface PayoutHaltView {
  readonly haltId: string;
  /** `*`: every currency. */
  readonly currency: string;
  /** How many findings are broken still. */
  readonly broken: number;
  readonly checks: readonly string[];
  readonly haltedAt: string;
  readonly liftedAt: string | null;
  readonly liftedBy: string | null;
  readonly liftReason: string | null;
}

export interface ResumePayoutsInput {
  readonly haltId: string;
  /** Of the run that asks anew what was broken. */
  readonly auditId: string;
  readonly reason: string;
  readonly actor: string;
  readonly requestId: string;
}

/** What the activities of either namespace do; the run's rows stay in the database. */
export interface AuditActivities {
  auditBooks(input: {
    readonly auditId: string;
    readonly scope: AuditBooksInput['scope'];
    readonly actor: string;
    readonly requestId: string;
  }): Promise<AuditSummary>;
  /** Runs the checks that found something for the halt, over everything. */
  recheckHalt(input: ResumePayoutsInput): Promise<AuditSummary>;
  liftHalt(input: ResumePayoutsInput): Promise<PayoutHaltView>;
  /** Tells what waits for the end of a halt that it may go on. @returns how many were told. */
  wakePayouts(input: { readonly currency: string }): Promise<number>;
  deliverAlerts(): Promise<{ readonly delivered: number; readonly failed: number }>;
}

export const AUDIT_BOOKS = 'auditBooks';
export const auditBooksId = (auditId: string): string => `audit.run/${auditId}`;

export const DELIVER_ALERTS = 'deliverAlerts';

export const RESUME_PAYOUTS = 'resumePayouts';
/** Answered when the checks have been run anew: with the halt, lifted, or with `halt_still_broken`. */
export const AWAIT_RESUMED = 'awaitResumed';
export const resumePayoutsId = (haltId: string, auditId: string): string => `audit.resume/${haltId}/${auditId}`;

export interface WakePayoutsInput {
  /** `*`: every currency. */
  readonly currency: string;
  readonly requestId: string;
}

/** A halt has ended: what waits for that looks at once, and not only when it would have looked by itself. */
export const WAKE_PAYOUTS = 'wakePayouts';
export const wakePayoutsId = (haltId: string): string => `audit.wake/${haltId}`;
/** To whoever waits for the end of a halt. */
export const PAYOUTS_RESUMED = 'payoutsResumed';
