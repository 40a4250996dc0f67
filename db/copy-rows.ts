import pg from 'pg';
import type { Connection } from 'pg';
import type { Database } from './connect.ts';

/** Where a pool connects to: for a thread, which opens a connection of its own. */
export interface ConnectionSettings {
  readonly connectionString: string;
  readonly application_name: string;
}

export function connectionSettings(db: Database): ConnectionSettings {
  const { connection } = db.client.config as { connection: ConnectionSettings };
  return { connectionString: connection.connectionString, application_name: connection.application_name };
}

/** A connection of its own, for whoever reads or writes many rows. */
export type CopyConnection = pg.Client;

/** A long read may take as long as an activity. */
const STATEMENT_TIMEOUT_MS = 600_000;

/** Opens one connection without the pool's time-outs, and closes it afterwards. */
export async function withConnection<T>(
  settings: ConnectionSettings,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = new pg.Client({ ...settings, statement_timeout: STATEMENT_TIMEOUT_MS });
  // A query that is under way is told by itself; without a listener the event would end the process.
  client.on('error', () => {});
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** A row of binary COPY: its fields one after the other, each behind its length. @returns a promise to wait for more. */
export type TakeRow = (row: CopiedRow) => void | Promise<void>;

/** Reads the fields of one row, in their order. The bytes are gone after the row was taken. */
export class CopiedRow {
  #bytes: Buffer = Buffer.alloc(0);
  #start = 0;
  #at = 0;
  #repeated: Buffer = Buffer.alloc(0);
  #repeatedText = '';

  /** @returns false for the trailer, which is no row. */
  begin(bytes: Buffer, at: number): boolean {
    this.#bytes = bytes;
    this.#start = at;
    this.#at = at + 2;
    return bytes.readInt16BE(at) !== -1;
  }

  /** The whole row, as it was sent. */
  sent(): Uint8Array {
    return this.#bytes.subarray(this.#start);
  }

  /** The bytes that it is in, and others around it. */
  get source(): Uint8Array {
    return this.#bytes;
  }

  /** @returns where the bytes of the next field begin in `source`. @throws unless there are as many. */
  place(length: number): number {
    const sent = this.#length();
    if (sent !== length) throw new Error(`A field has ${sent} bytes, not ${length}`);
    this.#at += length;
    return this.#at - length;
  }

  #length(): number {
    this.#at += 4;
    return this.#bytes.readInt32BE(this.#at - 4);
  }

  hex(): string {
    const length = this.#length();
    this.#at += length;
    return this.#bytes.toString('hex', this.#at - length, this.#at);
  }

  uuid(): string {
    const hex = this.hex();
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  }

  text(): string {
    const length = this.#length();
    this.#at += length;
    return this.#bytes.toString('utf8', this.#at - length, this.#at);
  }

  /** The same, of a field that is mostly what it was in the row before: only another text is made. */
  repeatedText(): string {
    const from = this.#at + 4;
    const to = from + this.#length();
    if (!this.#isRepeated(from, to)) {
      this.#repeated = Buffer.from(this.#bytes.subarray(from, to));
      this.#repeatedText = this.#repeated.toString('utf8');
    }
    this.#at = to;
    return this.#repeatedText;
  }

  #isRepeated(from: number, to: number): boolean {
    if (to - from !== this.#repeated.length) return false;
    for (let at = from; at < to; at += 1) if (this.#bytes[at] !== this.#repeated[at - from]) return false;
    return true;
  }

  int32(): number {
    this.#at += 4 + 4;
    return this.#bytes.readInt32BE(this.#at - 4);
  }

  /** Milliseconds since 1970, of a timestamptz: microseconds since 2000. */
  epochMs(): number {
    this.#at += 4 + 8;
    const micros = this.#bytes.readInt32BE(this.#at - 8) * 2 ** 32 + this.#bytes.readUInt32BE(this.#at - 4);
    return Math.floor(micros / 1_000) + POSTGRES_EPOCH_MS;
  }
}

const POSTGRES_EPOCH_MS = Date.UTC(2000, 0, 1);
/** The signature, the flags and the length of an extension that there is not. */
const HEADER_LENGTH = 19;

/**
 * Reads the rows of a query one at a time as PostgreSQL sends them: no list of them is ever made, and none is parsed into
 * more than is asked of it. Where `take` returns a promise nothing more is read until it is kept.
 * @param query without parameters; what goes into it is escaped by the caller.
 */
export function copyRows(client: pg.Client, query: string, take: TakeRow): Promise<void> {
  return new Promise((resolve, reject) => {
    client.query(new CopyOut(`copy (${query}) to stdout (format binary)`, take, resolve, reject));
  });
}

/** What `pg` asks of a query of somebody else's (the Submittable interface). */
class CopyOut implements pg.Submittable {
  readonly #text: string;
  readonly #take: TakeRow;
  readonly #resolve: () => void;
  readonly #reject: (error: unknown) => void;
  readonly #row = new CopiedRow();
  #begun = false;
  #failure: unknown;

  constructor(text: string, take: TakeRow, resolve: () => void, reject: (error: unknown) => void) {
    this.#text = text;
    this.#take = take;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  submit(connection: Connection): void {
    connection.query(this.#text);
  }

  handleCopyData({ chunk }: { chunk: Buffer }, connection: Connection): void {
    if (this.#failure !== undefined) return;
    // Before the first row, in one message with it.
    const start = this.#begun ? 0 : HEADER_LENGTH;
    this.#begun = true;
    if (chunk.length <= start || !this.#row.begin(chunk, start)) return;
    try {
      const waiting = this.#take(this.#row);
      if (waiting !== undefined) this.#pause(connection, waiting);
    } catch (error) {
      this.#fail(connection, error);
    }
  }

  #pause({ stream }: Connection, waiting: Promise<void>): void {
    stream.pause();
    waiting.then(
      () => stream.resume(),
      (error: unknown) => {
        this.#failure = error;
        stream.resume();
      },
    );
  }

  /** The rest of the rows is not wanted: without the connection the server stops by itself. */
  #fail({ stream }: Connection, error: unknown): void {
    this.#failure = error;
    this.#reject(error);
    stream.destroy();
  }

  handleCommandComplete(): void {}

  handleReadyForQuery(): void {
    if (this.#failure === undefined) this.#resolve();
    else this.#reject(this.#failure);
  }

  handleError(error: unknown): void {
    this.#reject(this.#failure ?? error);
  }
}
