import { Readable } from 'node:stream';
import { z } from 'zod';
import type { Db } from '../../db/connect.ts';
import {
  readBalanceAt,
  readStatement,
  type StatementEntry,
  type StatementPosition,
} from '../../db/ledger/statement.ts';
import type { Reply } from './define-route.ts';

const ENTRIES_PER_READ = 500;
const MAX_LIMIT = 500;

const instant = z.iso.datetime({ offset: true }).transform((text) => new Date(text));

const range = {
  /** Of the effective date: from this instant on, and before that one. */
  from: instant.optional(),
  to: instant.optional(),
  entries: z.enum(['booked', 'all']).default('booked'),
};
export const csvQuery = z.object(range);
export const statementQuery = z.object({
  ...range,
  limit: z.coerce.number().int().min(1).max(MAX_LIMIT).default(100),
  after: z
    .string()
    .regex(
      /^\d{1,17}[.][0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}[.]-?\d{1,19}$/,
      'expected the `next` of the page before',
    )
    .transform((text): StatementPosition => {
      const [effectiveUs = '', transferId = '', balance = ''] = text.split('.');
      return { effectiveUs, transferId, balanceMinor: BigInt(balance) };
    })
    .optional(),
});
export const balanceQuery = z.object({
  /** Of the effective date; now if absent. */
  at: instant.optional(),
  /** As it was known then: what was corrected later is left as it was. */
  knownAt: instant.optional(),
});

export const statementSchema = z.object({
  data: z.array(
    z.object({
      transferId: z.string(),
      effectiveAt: z.string(),
      createdAt: z.string(),
      kind: z.enum(['posted', 'post', 'pending', 'void']),
      code: z.string(),
      referenceId: z.string(),
      correctsId: z.string().nullable(),
      counterparty: z.string(),
      amountMinor: z.string(),
      balanceMinor: z.string(),
    }),
  ),
  next: z.string().nullable(),
});

export const balanceSchema = z.object({ balanceMinor: z.string(), at: z.string(), knownAt: z.string().nullable() });

/** A page of an account's entries, oldest first, each with the balance after it. */
export async function statementReply(
  db: Db,
  accountId: string,
  query: z.output<typeof statementQuery>,
): Promise<Reply> {
  const found = await readStatement(db, { ...query, accountId });
  const page = found.slice(0, query.limit);
  const last = page.at(-1);
  return {
    status: 200,
    body: {
      data: page.map(present),
      next: found.length > query.limit && last ? Object.values(positionOf(last)).join('.') : null,
    },
  };
}

/** The same as CSV, read and sent piece by piece: its length takes no memory. */
export const statementCsvReply = (db: Db, accountId: string, query: z.output<typeof csvQuery>): Reply => ({
  status: 200,
  body: Readable.from(csvLines(db, accountId, query)),
  type: 'text/csv',
  headers: { 'cache-control': 'no-store' },
});

/** The posted balance at a time. */
export async function balanceReply(
  db: Db,
  accountId: string,
  { at = new Date(), knownAt }: z.output<typeof balanceQuery>,
): Promise<Reply> {
  const balance = await readBalanceAt(db, { accountId, at, knownAt });
  const body = { balanceMinor: balance.toString(), at: at.toISOString(), knownAt: knownAt?.toISOString() ?? null };
  return { status: 200, body };
}

const positionOf = ({ effectiveUs, transferId, balanceMinor }: StatementEntry): StatementPosition => ({
  effectiveUs,
  transferId,
  balanceMinor,
});

async function* csvLines(db: Db, accountId: string, query: z.output<typeof csvQuery>): AsyncGenerator<string> {
  yield 'effective_at,kind,code,counterparty,amount_minor,balance_minor,reference_id,transfer_id,corrects_id\n';
  for (let after: StatementPosition | undefined; ;) {
    const found = await readStatement(db, { ...query, accountId, after, limit: ENTRIES_PER_READ });
    const piece = found.slice(0, ENTRIES_PER_READ);
    yield piece.map(csvLine).join('');
    const last = piece.at(-1);
    if (found.length <= ENTRIES_PER_READ || !last) return;
    after = positionOf(last);
  }
}

/** Nothing in it that somebody outside has written, and so nothing to quote. */
const csvLine = (entry: StatementEntry): string =>
  `${entry.effectiveAt.toISOString()},${entry.kind},${entry.code},${entry.counterparty},${entry.amountMinor},${entry.balanceMinor},${entry.referenceId},${entry.transferId},${entry.correctsId ?? ''}\n`;

const present = (entry: StatementEntry): z.input<typeof statementSchema>['data'][number] => ({
  transferId: entry.transferId,
  effectiveAt: entry.effectiveAt.toISOString(),
  createdAt: entry.createdAt.toISOString(),
  kind: entry.kind,
  code: entry.code,
  referenceId: entry.referenceId,
  correctsId: entry.correctsId,
  counterparty: entry.counterparty,
  amountMinor: entry.amountMinor.toString(),
  balanceMinor: entry.balanceMinor.toString(),
});
