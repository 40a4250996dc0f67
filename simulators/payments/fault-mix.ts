import type { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import { onTheWire, rate, ratesSchema } from '../fault-rates.ts';
import { seeded } from '../seeded.ts';
import type { Call } from './faults.ts';
import { readSetting, writeSetting } from './settings.ts';

const ofPayments = {
  ...onTheWire,
  refuse: rate,
  pending: rate,
  pending_then_failed: rate,
  appear_late: rate,
  fee_differs: rate,
  fee_late: rate,
};

/** How often each fault strikes, by operation. Which call is struck follows from the seed, our reference and the attempt. */
export const mixSchema = z.strictObject({
  seed: z.union([z.string(), z.number()]),
  rates: z
    .strictObject({
      charge: ratesSchema(ofPayments),
      transfer: ratesSchema({ ...ofPayments, reverse: rate }),
      look_up: ratesSchema(onTheWire),
      balance: ratesSchema(onTheWire),
      settlement_file: ratesSchema(onTheWire),
    })
    .partial(),
  /** For whatever happens later. */
  afterMs: z.number().int().min(0).default(2_000),
});
type Mix = z.output<typeof mixSchema>;

export const setMix = (db: DatabaseSync, mix: Mix | null): void => writeSetting(db, 'mix', mix);
export const readMix = (db: DatabaseSync): Mix | null => (readSetting(db, 'mix') as Mix | null | undefined) ?? null;

/** What the mix has for this call, if anything: the same for the same call whatever else goes on. */
export function chooseFault(db: DatabaseSync, { operation, reference, request }: Call): object | undefined {
  const mix = readMix(db);
  const rates = mix?.rates[operation];
  if (!mix || !rates) return undefined;
  let left = seeded(mix.seed, operation, reference, countAttempt(db, operation, reference));
  for (const [name, share] of Object.entries(rates as Record<string, number>)) {
    left -= share;
    if (left < 0) return { ...faultNamed(name, mix, request?.amount), match: {} };
  }
  return undefined;
}

function faultNamed(name: string, { afterMs }: Mix, amount = '0'): object {
  const [, kind = name, effect] = /^(timeout|error|reset|malformed)_(before|after)$/.exec(name) ?? [];
  switch (kind) {
    case 'pending_then_failed':
      return { kind: 'pending', becomes: 'failed', code: 'declined_late', afterMs };
    case 'refuse':
      return { kind, code: 'declined_by_chance' };
    case 'fee_differs':
      return { kind, feeMinor: (BigInt(amount) / 20n + 1n).toString() };
    default:
      return { kind, afterMs, ...(effect ? { effect } : {}) };
  }
}

function countAttempt(db: DatabaseSync, operation: string, reference: string): number {
  const row = db
    .prepare(
      'insert into attempts (operation, reference, count) values (?, ?, 1) on conflict do update set count = count + 1 returning count',
    )
    .get(operation, reference);
  return Number(row?.['count']);
}
