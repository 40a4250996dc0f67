import type { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import { onTheWire, rate, ratesSchema } from '../fault-rates.ts';
import { seeded } from '../seeded.ts';

const OPERATIONS = ['send', 'look_up', 'operator'] as const;

export interface Call {
  readonly operation: (typeof OPERATIONS)[number];
  /** Of a look-up of an operator: the number. */
  readonly reference: string;
  readonly phone?: string;
}

const KINDS = [
  'timeout',
  'error',
  'reset',
  'malformed',
  'rate_limit',
  /** Definite. */
  'refuse',
  'low_float',
  /** Taken on; delivered, or failed, after a while. */
  'pending',
  /** Carried out, answered by an error, and not found for a while. */
  'appear_late',
  /** Delivered, and taken back after a while. */
  'reverse',
] as const;

export const faultSchema = z.strictObject({
  match: z
    .object({ operation: z.enum(OPERATIONS), reference: z.string(), phone: z.string() })
    .partial()
    .default({}),
  kind: z.enum(KINDS),
  /** Of what strikes the wire: whether the provider had done it by then. */
  effect: z.enum(['before', 'after']).default('before'),
  becomes: z.enum(['delivered', 'failed']).default('delivered'),
  code: z.string().default('declined'),
  afterMs: z.number().int().min(0).default(1_000),
  /** How often it strikes. */
  times: z.number().int().min(1).default(1),
});
export type Fault = z.output<typeof faultSchema>;

const ofSends = {
  ...onTheWire,
  refuse: rate,
  low_float: rate,
  pending: rate,
  pending_then_failed: rate,
  appear_late: rate,
  reverse: rate,
};

/** How often each fault strikes. Which call is struck follows from the seed, the reference and the attempt. */
export const mixSchema = z.strictObject({
  seed: z.union([z.string(), z.number()]),
  send: ratesSchema(ofSends).default({}),
  look_up: ratesSchema(onTheWire).default({}),
  operator: ratesSchema(onTheWire).default({}),
  afterMs: z.number().int().min(0).default(500),
});
type Mix = z.output<typeof mixSchema>;

export const addFault = (db: DatabaseSync, fault: Fault): void =>
  void db.prepare('insert into faults (rule, remaining) values (?, ?)').run(JSON.stringify(fault), fault.times);

export const setMix = (db: DatabaseSync, mix: Mix): void =>
  void db
    .prepare('insert into mix (id, value) values (1, ?) on conflict (id) do update set value = excluded.value')
    .run(JSON.stringify(mix));

export const clearFaults = (db: DatabaseSync): void => db.exec('delete from faults; delete from mix');

/** The first rule that matches, used up by one; else what the mix has for this call. */
export function takeFault(db: DatabaseSync, call: Call): Fault | undefined {
  for (const row of db.prepare('select id, rule from faults where remaining > 0 order by id').all()) {
    const fault = JSON.parse(String(row['rule'])) as Fault;
    const wanted = Object.entries(fault.match) as [keyof Call, string][];
    if (!wanted.every(([name, value]) => call[name] === value)) continue;
    db.prepare('update faults set remaining = remaining - 1 where id = ?').run(row['id'] ?? 0);
    return fault;
  }
  return fromMix(db, call);
}

function fromMix(db: DatabaseSync, { operation, reference }: Call): Fault | undefined {
  const row = db.prepare('select value from mix where id = 1').get();
  if (!row) return undefined;
  const mix = JSON.parse(String(row['value'])) as Mix;
  let left = seeded(mix.seed, operation, reference, countAttempt(db, operation, reference));
  for (const [name, share] of Object.entries(mix[operation] as Record<string, number>)) {
    left -= share;
    if (left < 0) return faultNamed(name, mix.afterMs);
  }
  return undefined;
}

function faultNamed(name: string, afterMs: number): Fault {
  const [, kind = name, effect] = /^(timeout|error|reset|malformed)_(before|after)$/.exec(name) ?? [];
  if (kind === 'pending_then_failed') return faultSchema.parse({ kind: 'pending', becomes: 'failed', afterMs });
  return faultSchema.parse({ kind, afterMs, ...(effect && { effect }) });
}

function countAttempt(db: DatabaseSync, operation: string, reference: string): number {
  const row = db
    .prepare(
      'insert into attempts (operation, reference, count) values (?, ?, 1) on conflict do update set count = count + 1 returning count',
    )
    .get(operation, reference);
  return Number(row?.['count']);
}
