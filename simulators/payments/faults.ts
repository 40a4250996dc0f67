import type { DatabaseSync } from 'node:sqlite';
import type { Kind, PaymentRequest } from './payments.ts';

/** A fault that somebody has asked for, before or after the effect of the next payments that match. */
export interface Fault {
  readonly match: {
    readonly operation?: Kind;
    readonly reference?: string;
    readonly destinationAccount?: string;
    readonly amount?: string;
  };
  readonly effect: 'before' | 'after';
  readonly kind: 'refuse' | 'timeout' | 'error' | 'reset';
  /** Of a refusal. */
  readonly code?: string;
  /** How often it strikes; 1 if absent. */
  readonly times?: number;
}

export function addFault(db: DatabaseSync, fault: Fault): void {
  db.prepare('insert into faults (rule, remaining) values (?, ?)').run(JSON.stringify(fault), fault.times ?? 1);
}

export const listFaults = (db: DatabaseSync): unknown[] =>
  db
    .prepare('select id, rule, remaining from faults order by id')
    .all()
    .map((row) => ({
      id: row['id'],
      remaining: row['remaining'],
      ...(JSON.parse(String(row['rule'])) as Fault),
    }));

export function clearFaults(db: DatabaseSync): void {
  db.exec('delete from faults');
}

/** The first fault that matches, used up by one. */
export function takeFault(db: DatabaseSync, operation: Kind, request: PaymentRequest): Fault | undefined {
  for (const row of db.prepare('select id, rule from faults where remaining > 0 order by id').all()) {
    const fault = JSON.parse(String(row['rule'])) as Fault;
    if (!matches(fault, operation, request)) continue;
    db.prepare('update faults set remaining = remaining - 1 where id = ?').run(row['id'] ?? 0);
    return fault;
  }
  return undefined;
}

const matches = ({ match }: Fault, operation: Kind, request: PaymentRequest): boolean =>
  (match.operation ?? operation) === operation &&
  (match.reference ?? request.reference) === request.reference &&
  (match.destinationAccount ?? request.destination) === request.destination &&
  (match.amount ?? request.amount) === request.amount;
