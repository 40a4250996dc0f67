import { auditBook } from '../../activities/audit-book.ts';
import { connect, type Database } from '../../db/connect.ts';
import { asLine, type InvariantCheck } from '../../db/ledger/invariants.ts';
import { createPayments } from '../../providers/payments/adapter.ts';
import { loadConfig } from '../../runtime/config.ts';

export type AuditLine = InvariantCheck;

/** Checks every invariant over both books and the provider: what the schedules check, once, recording nothing. */
export async function runAudit(environment: Readonly<Record<string, string>>): Promise<AuditLine[]> {
  const setting = (name: string): string => {
    const value = environment[name];
    if (!value) throw new Error(`The audit needs ${name}.`);
    return value;
  };
  const open = (name: string): Database =>
    connect({ url: setting(name), poolMax: 2, applicationName: 'handsel-audit' });
  const books = { giveaway: open('DATABASE_URL_GIVEAWAY'), giftcard: open('DATABASE_URL_GIFTCARD') };
  const payments = createPayments(loadConfig(['payments'], environment));
  try {
    const giveaway = await auditBook('giveaway', { books, payments });
    const giftcard = await auditBook('giftcard', { books, payments });
    return [...giveaway.results, ...giftcard.results].map(asLine);
  } finally {
    await Promise.all([books.giveaway.destroy(), books.giftcard.destroy()]);
  }
}
