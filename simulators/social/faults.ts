import type { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import type { Action } from './actions.ts';

export const faultSchema = z.object({
  match: z.object({ account: z.string(), action: z.string(), target: z.string() }).partial().default({}),
  /** `lie` answers the opposite of what is true; `malformed` answers what nobody can read. */
  kind: z.enum(['timeout', 'error', 'reset', 'rate_limit', 'malformed', 'lie', 'unsure']),
  /** How often it strikes. */
  times: z.number().int().min(1).default(1),
});
export type Fault = z.output<typeof faultSchema>;

export function addFault(db: DatabaseSync, fault: Fault): void {
  db.prepare('insert into faults (rule, remaining) values (?, ?)').run(JSON.stringify(fault), fault.times);
}

export function clearFaults(db: DatabaseSync): void {
  db.exec('delete from faults');
}

/** The first fault that matches, used up by one. */
export function takeFault(db: DatabaseSync, asked: Action): Fault | undefined {
  for (const row of db.prepare('select id, rule from faults where remaining > 0 order by id').all()) {
    const fault = JSON.parse(String(row['rule'])) as Fault;
    const wanted = Object.entries(fault.match) as [keyof Action, string][];
    if (!wanted.every(([name, value]) => asked[name] === value)) continue;
    db.prepare('update faults set remaining = remaining - 1 where id = ?').run(row['id'] ?? 0);
    return fault;
  }
  return undefined;
}
