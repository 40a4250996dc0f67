import { Gauge } from 'prom-client';
import type { Books } from '../db/audit-mirrors.ts';
import type { DatabaseName } from '../db/connect.ts';
import { countOpenFindings, lastRuns } from '../db/platform/audit-books.ts';
import { haltedCurrencies } from '../db/platform/payout-halts.ts';
import type { Metrics } from '../runtime/metrics.ts';

/** Read from the databases when they are asked for: whichever worker audits, each says the same. */
export function registerAuditMetrics(registers: Metrics, books: Books): void {
  const of = Object.entries(books) as [DatabaseName, Books[DatabaseName]][];
  const registry = { registers: [registers] };
  // Prometheus asks again: a database that does not answer leaves a gap and fails no scrape.
  const each = (read: (book: DatabaseName, db: Books[DatabaseName]) => Promise<void>): Promise<unknown> =>
    Promise.allSettled(of.map(([book, db]) => read(book, db)));

  const findings: Gauge = new Gauge({
    ...registry,
    name: 'handsel_audit_findings',
    help: 'What the audit has found late or broken and is not mended.',
    labelNames: ['book', 'check', 'verdict', 'currency'],
    collect: async () => {
      findings.reset();
      await each(async (book, db) => {
        for (const { check, verdict, currency, count } of await countOpenFindings(db))
          findings.set({ book, check, verdict, currency }, count);
      });
    },
  });
  const halted: Gauge = new Gauge({
    ...registry,
    name: 'handsel_payouts_halted',
    help: 'Currencies whose new payouts wait for the end of a halt; * is every currency.',
    labelNames: ['book', 'currency'],
    collect: async () => {
      halted.reset();
      await each(async (book, db) => {
        for (const currency of await haltedCurrencies(db)) halted.set({ book, currency }, 1);
      });
    },
  });
  const lastRun: Gauge = new Gauge({
    ...registry,
    name: 'handsel_audit_last_run_timestamp_seconds',
    help: 'When the audit was last done.',
    labelNames: ['book', 'scope'],
    collect: async () => {
      lastRun.reset();
      await each(async (book, db) => {
        for (const { scope, at } of await lastRuns(db)) lastRun.set({ book, scope }, at.getTime() / 1_000);
      });
    },
  });
}
