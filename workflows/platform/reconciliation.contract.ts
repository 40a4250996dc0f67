interface Caused {
  readonly actor: string;
  readonly requestId: string;
}

export interface ReconcileInput extends Caused {
  /** `YYYY-MM-DD`, a day of the provider's (UTC). */
  readonly date: string;
}

export interface ReconciliationView {
  readonly reconciliationId: string;
  readonly state: 'READING' | 'DONE';
  readonly counts: Readonly<Record<string, number>>;
}

export const RECONCILE_PROVIDER = 'reconcileProvider';
export const RECONCILIATION_STATUS = 'reconciliationStatus';
/** By day: whoever asks for the same day while it is read is told of the same. */
export const reconcileProviderId = (date: string): string => `finance.reconcile/${date}`;

/** A sweep: yesterday's. */
export const RECONCILE_YESTERDAY = 'reconcileYesterday';

export interface ReconciliationCaseInput {
  readonly caseId: string;
  readonly requestId: string;
}

export interface ReconciliationCaseView {
  readonly caseId: string;
  readonly kind: string;
  readonly currency: string;
  readonly differenceMinor: string;
  readonly state: 'OPEN' | 'RESOLVED';
  readonly caseNumber: number;
  readonly resolution: string | null;
  readonly subjectType: 'funding' | 'withdrawal' | 'settlement' | 'refund' | null;
  readonly subjectId: string | null;
}

/** What somebody does about a case. */
export interface ReconciliationDecision extends Caused {
  readonly kind: 'assign' | 'note' | 'adopt' | 'accept_loss' | 'hold_gain' | 'dismiss';
  readonly decisionId: string;
  readonly caseNumber: number;
  /** Of `assign`. */
  readonly assignee?: string;
  /** The note, or why it ends. */
  readonly reason: string;
}

export const RECONCILIATION_CASE = 'reconciliationCase';
/** The file was read anew: what the case says may have changed, or it may be none any more. */
export const CASE_READ_ANEW = 'caseReadAnew';
export const RECONCILIATION_CASE_STATUS = 'reconciliationCaseStatus';
export const reconciliationCaseId = (caseId: string): string => `finance.case/${caseId}`;

/** An update for each kind, so that Temporal's UI says which it was. */
export const RECONCILIATION_DECISIONS = {
  assign: 'assignCase',
  note: 'noteCase',
  adopt: 'adoptProviderTruth',
  accept_loss: 'acceptLoss',
  hold_gain: 'holdGain',
  dismiss: 'dismissCase',
} as const satisfies Record<ReconciliationDecision['kind'], string>;

export interface UnknownReferences {
  readonly references: readonly string[];
  /** Where the next page begins; null at the end. */
  readonly next: number | null;
  /** Of this page, for whoever is asked about it. */
  readonly pageId: string;
}

/** Effects of a reconciliation, the same in both services. */
export interface ReconciliationActivities {
  /** @returns null while the provider has no such file. */
  loadSettlementFile(input: ReconcileInput): Promise<{ readonly reconciliationId: string; final: boolean } | null>;
  unknownTransfers(input: { readonly reconciliationId: string; readonly after: number }): Promise<UnknownReferences>;
  markElsewhere(input: { readonly reconciliationId: string; readonly references: readonly string[] }): Promise<void>;
  matchSettlementFile(
    input: Caused & { readonly reconciliationId: string; readonly final: boolean },
  ): Promise<ReconciliationView>;
  openReconciliationCases(input: { readonly reconciliationId: string; readonly requestId: string }): Promise<number>;
  readReconciliationCase(input: ReconciliationCaseInput): Promise<ReconciliationCaseView>;
  alertReconciliationCase(input: ReconciliationCaseView & { readonly requestId: string }): Promise<void>;
  decideReconciliationCase(
    input: ReconciliationDecision & { readonly caseId: string },
  ): Promise<ReconciliationCaseView>;
  /** Has whoever owns our intent ask the provider again. */
  adoptProviderTruth(input: ReconciliationDecision & { readonly caseId: string }): Promise<void>;
  reconciliationCaseAgrees(input: ReconciliationCaseInput): Promise<boolean>;
}
