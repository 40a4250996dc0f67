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

/** An alert on its way out: its id is the same in every attempt, so that whoever gets it twice can tell. */
export interface SentAlert extends Alert {
  readonly alertId: string;
  readonly raisedAt: Date;
}

/** A way to people. @throws when it is not known to have arrived: it is sent again later. */
export interface AlertChannel {
  send(alert: SentAlert): Promise<void>;
}
