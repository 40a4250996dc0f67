import pg from 'pg';
import type { Database } from '../../../db/connect.ts';

type Value = string | number | bigint | boolean | Date | Uint8Array | readonly string[] | null | undefined;

export interface Statement {
  readonly sql: string;
  readonly values: readonly Value[];
}

/** Every statement that a piece of work sends to the database, in order, with its values. */
export async function recordStatements(db: Database, work: () => Promise<unknown>): Promise<Statement[]> {
  const statements: Statement[] = [];
  const record = ({ sql, bindings = [] }: { sql: string; bindings?: readonly Value[] }): void => {
    statements.push({ sql, values: bindings });
  };
  db.on('query', record);
  try {
    await work();
  } finally {
    db.off('query', record);
  }
  return statements;
}

/** The statement as text that any client can send. Values stay of unknown type, as parameters are. */
export const inlined = ({ sql, values }: Statement): string =>
  sql.replaceAll(/\$(\d+)/g, (_placeholder, number: string) => literal(values[Number(number) - 1]));

function literal(value: Value): string {
  if (value === null || value === undefined) return 'null';
  if (value instanceof Date) return pg.escapeLiteral(value.toISOString());
  if (value instanceof Uint8Array) return pg.escapeLiteral(`\\x${Buffer.from(value).toString('hex')}`);
  if (typeof value === 'object') return pg.escapeLiteral(`{${value.map((item) => JSON.stringify(item)).join(',')}}`);
  return pg.escapeLiteral(String(value));
}
