export interface Alert {
  /** The same case has the same key, so that it is raised once. */
  readonly key: string;
  readonly summary: string;
  readonly correlationId: string;
}

/** Tells people that a case waits for them. */
export interface AlertsPort {
  raise(alert: Alert): Promise<void>;
}
