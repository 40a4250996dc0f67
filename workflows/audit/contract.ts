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

/** What the activities of either namespace do; the run's rows stay in the database. */
export interface AuditActivities {
  auditBooks(input: {
    readonly auditId: string;
    readonly scope: AuditBooksInput['scope'];
    readonly actor: string;
    readonly requestId: string;
  }): Promise<AuditSummary>;
  deliverAlerts(): Promise<{ readonly delivered: number; readonly failed: number }>;
}

export const AUDIT_BOOKS = 'auditBooks';
export const auditBooksId = (auditId: string): string => `audit.run/${auditId}`;

export const DELIVER_ALERTS = 'deliverAlerts';
