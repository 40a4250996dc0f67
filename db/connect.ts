import knexFactory from 'knex';
import type { Knex } from 'knex';
import pg from 'pg';

export type DatabaseName = 'giveaway' | 'giftcard';

/** A connection pool. */
export type Database = Knex;

/** A connection pool, or a transaction on one of its connections. */
export type Db = Knex | Knex.Transaction;

/** Money is int8 and must never pass through a double: it is read as bigint. */
const INT8_OID = 20;
const types = {
  getTypeParser: (oid: number, format?: string) =>
    oid === INT8_OID && format !== 'binary' ? BigInt : pg.types.getTypeParser(oid, format as 'text'),
};

export interface ConnectOptions {
  readonly url: string;
  readonly poolMax: number;
  /** Shown in pg_stat_activity. */
  readonly applicationName: string;
  /** Instead of each of the limits below: for whoever is to get through on a machine of any speed. */
  readonly patienceMs?: number;
}

/**
 * A pool of connections to one database. Statements are bounded to 2 s and idle transactions to 10 s, both under the
 * time-outs of the activities that run them, so that an abandoned attempt cannot outlive its successor's patience.
 */
export function connect({ url, poolMax, applicationName, patienceMs }: ConnectOptions): Database {
  return knexFactory({
    client: 'pg',
    connection: {
      connectionString: url,
      application_name: applicationName,
      statement_timeout: patienceMs ?? 2_000,
      idle_in_transaction_session_timeout: patienceMs ?? 10_000,
      types,
    },
    pool: { min: 0, max: poolMax },
    acquireConnectionTimeout: patienceMs ?? 2_000,
    // Values (codes, tokens, addresses) must not get into error messages, and from there into logs.
    compileSqlOnError: false,
  });
}
