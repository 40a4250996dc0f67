import type { Db } from './connect.ts';

/** A statement that each connection parses and plans once. Its name is its own: another text under it is an error. */
export interface PreparedStatement {
  readonly name: string;
  /** With positional parameters ($1, $2, …). */
  readonly text: string;
}

interface Connection {
  query(statement: PreparedStatement & { readonly values: readonly unknown[] }): Promise<{ rows: unknown[] }>;
}

/** What knex is built on, and does not declare: a transaction's client hands out the transaction's own connection. */
interface Connections {
  acquireConnection(): Promise<Connection>;
  releaseConnection(connection: Connection): Promise<void>;
}

/**
 * Runs a prepared statement, on a pool in a transaction of its own. For the few statements that every request pays for:
 * knex would format, parse and plan them each time.
 */
export async function runPrepared<Row>(
  db: Db,
  statement: PreparedStatement,
  values: readonly unknown[],
): Promise<readonly Row[]> {
  const connections = (db as unknown as { client: Connections }).client;
  const connection = await connections.acquireConnection();
  try {
    const { rows } = await connection.query({ ...statement, values });
    return rows as Row[];
  } finally {
    await connections.releaseConnection(connection);
  }
}
