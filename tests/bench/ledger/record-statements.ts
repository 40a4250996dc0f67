import pg from 'pg';
import type { Database } from '../../../db/connect.ts';

type Value = string | number | bigint | boolean | Date | Uint8Array | readonly string[] | null | undefined;

export interface Statement {
  readonly sql: string;
  readonly values: readonly Value[];
}

interface Connection {
  query: (...asked: readonly [{ readonly text: string; readonly values?: readonly Value[] }, ...unknown[]]) => unknown;
}

/** What knex is built on, and does not declare. */
interface Connections {
  acquireConnection(): Promise<Connection>;
  releaseConnection(connection: Connection): Promise<void>;
}

/**
 * Every statement that a piece of work sends to the database, in order, with its values, whoever sends it. The pool has
 * one connection, so that this is the one that is listened to.
 */
export async function recordStatements(db: Database, work: () => Promise<unknown>): Promise<Statement[]> {
  const connections = (db as unknown as { client: Connections }).client;
  const connection = await connections.acquireConnection();
  await connections.releaseConnection(connection);
  const statements: Statement[] = [];
  const send = connection.query;
  connection.query = (...asked) => {
    const [{ text, values = [] }] = asked;
    statements.push({ sql: text, values });
    return send.apply(connection, asked);
  };
  try {
    await work();
  } finally {
    connection.query = send;
  }
  if (statements.length === 0) throw new Error('Nothing was sent over the connection that was listened to');
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
