import type { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import { chooseFault } from './fault-mix.ts';
import type { Course, PaymentRequest } from './payments.ts';

const operation = z.enum(['charge', 'transfer', 'look_up', 'balance', 'settlement_file']);
export type Operation = z.output<typeof operation>;

/** What goes wrong on the wire, and what goes otherwise than usual with the payment itself. */
const kind = z.enum([
  'timeout',
  'error',
  'reset',
  'malformed',
  'rate_limit',
  'refuse',
  'pending',
  'reverse',
  'appear_late',
  'fee_differs',
  'fee_late',
  'cut_short',
]);

export const faultSchema = z.object({
  /** Without an operation: payments, not look-ups. */
  match: z
    .object({
      operation,
      reference: z.string(),
      destinationAccount: z.string(),
      amount: z.string(),
    })
    .partial()
    .default({}),
  /** Of what goes wrong on the wire: whether the call has had its effect by then. */
  effect: z.enum(['before', 'after']).default('before'),
  kind,
  /** Of a refusal, at once or at the end of a pending payment. */
  code: z.string().optional(),
  /** When a pending payment ends, a transfer comes back, a payment can be found, a fee is reported. */
  afterMs: z.number().int().min(0).default(2_000),
  /** How a pending payment ends. */
  becomes: z.enum(['succeeded', 'failed']).default('succeeded'),
  /** Instead of the quoted fee. */
  feeMinor: z
    .string()
    .regex(/^\d{1,18}$/)
    .optional(),
  retryAfterS: z.number().int().min(0).default(1),
  /** How often it strikes. */
  times: z.number().int().min(1).default(1),
});
export type Fault = z.output<typeof faultSchema>;

/** What a call is about. */
export interface Call {
  readonly operation: Operation;
  readonly reference: string;
  readonly request?: PaymentRequest;
}

export function addFault(db: DatabaseSync, fault: Fault): void {
  db.prepare('insert into faults (rule, remaining) values (?, ?)').run(JSON.stringify(fault), fault.times);
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

/** The first fault that was asked for and matches, used up by one; else what the mix has for this call. */
export function takeFault(db: DatabaseSync, call: Call): Fault | undefined {
  for (const row of db.prepare('select id, rule from faults where remaining > 0 order by id').all()) {
    const fault = JSON.parse(String(row['rule'])) as Fault;
    if (!matches(fault, call)) continue;
    db.prepare('update faults set remaining = remaining - 1 where id = ?').run(row['id'] ?? 0);
    return fault;
  }
  const chosen = chooseFault(db, call);
  return chosen ? faultSchema.parse(chosen) : undefined;
}

function matches({ match }: Fault, { operation, reference, request }: Call): boolean {
  const isPayment = operation === 'charge' || operation === 'transfer';
  return (
    (match.operation === undefined ? isPayment : match.operation === operation) &&
    (match.reference ?? reference) === reference &&
    (match.destinationAccount ?? request?.destination) === request?.destination &&
    (match.amount ?? request?.amount) === request?.amount
  );
}

/** How a payment goes under this fault. */
export function courseOf(fault: Fault | undefined): Course {
  if (!fault) return {};
  const { kind, code, afterMs, becomes, feeMinor } = fault;
  switch (kind) {
    case 'refuse':
      return { refusal: code ?? 'refused' };
    case 'pending':
      return { pending: true, later: [{ afterMs, becomes, ...(code ? { code } : {}) }] };
    case 'reverse':
      return { later: [{ afterMs, becomes: 'reversed' }] };
    case 'appear_late':
      return { hiddenForMs: afterMs };
    case 'fee_differs':
      return { fee: BigInt(feeMinor ?? '0') };
    case 'fee_late':
      return { feeLate: true, later: [{ afterMs, becomes: 'fee' }], ...(feeMinor ? { fee: BigInt(feeMinor) } : {}) };
    case 'cut_short':
      return { cutShort: true };
    default:
      return {};
  }
}
