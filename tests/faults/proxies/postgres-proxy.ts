import { TcpProxy, type Watcher, type Wire } from './tcp-proxy.ts';
import type { Place, Strikes, Verdict } from './strikes.ts';

const NOTHING = Buffer.alloc(0);
/** A message of the client that lets the server begin. */
const ENDS_BATCH = new Set(['Q', 'S']);
/** Messages that are not part of a statement. */
const PASSES = new Set(['p', 'X', 'H', 'd', 'c', 'f']);

const WRITES = /^\s*(?:select (\w+)\(\$1::jsonb\)|(insert into|update|delete from|with) "?(\w+)"?)/i;
const COMMIT = /^\s*commit\b/i;

/** PostgreSQL's wire protocol, version 3: messages of a type byte, a length, and a body; the very first has no type. */
class Messages {
  #rest = NOTHING;
  readonly #typed: boolean;
  #begun = false;

  /** @param typed false for the client's side, whose first message has no type. */
  constructor(typed: boolean) {
    this.#typed = typed;
  }

  *take(chunk: Buffer): Generator<{ readonly type: string; readonly body: Buffer; readonly bytes: Buffer }> {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    for (;;) {
      const header = this.#typed || this.#begun ? 1 : 0;
      if (this.#rest.length < header + 4) return;
      const end = header + this.#rest.readInt32BE(header);
      if (this.#rest.length < end) return;
      const bytes = this.#rest.subarray(0, end);
      this.#rest = this.#rest.subarray(end);
      this.#begun = true;
      yield { type: header === 1 ? String.fromCharCode(bytes[0] ?? 0) : '', body: bytes.subarray(header + 4), bytes };
    }
  }
}

/** Watches one connection: each statement that commits is judged before it, and what it answered is learned from. */
class Session implements Watcher {
  readonly #strikes: Strikes;
  readonly #wire: Wire;
  readonly #requests = new Messages(false);
  readonly #answers = new Messages(true);
  #place: Place = 'giveaway';
  #batch: Buffer[] = [];
  /** Texts of prepared statements by their names; the unnamed one is ''. */
  readonly #prepared = new Map<string, string>();
  /** Of the statement that is being sent. */
  #sql = '';
  /** The first statement since the last commit that writes. */
  #firstWrite: string | undefined;
  /** All that was said since the last commit. */
  #said = '';
  #answered = '';
  #inTransaction = false;
  #fate: Verdict = 'pass';

  constructor(strikes: Strikes, wire: Wire) {
    this.#strikes = strikes;
    this.#wire = wire;
  }

  up(chunk: Buffer): Buffer {
    const passed: Buffer[] = [];
    for (const { type, body, bytes } of this.#requests.take(chunk)) {
      if (type === '') this.#place = placeIn(body);
      if (type === '' || PASSES.has(type)) {
        passed.push(bytes);
        continue;
      }
      this.#batch.push(bytes);
      this.#said += body.toString('utf8');
      this.#note(type, body);
      if (ENDS_BATCH.has(type)) passed.push(...this.#send());
    }
    return Buffer.concat(passed);
  }

  /** A statement is sent as text, or prepared once under a name and bound to values by that name. */
  #note(type: string, body: Buffer): void {
    const [first, second] = [textAt(body, 0), textAt(body, body.indexOf(0) + 1)];
    if (type === 'Q') this.#sql = first;
    if (type === 'P') this.#prepared.set(first, second);
    if (type === 'B') this.#sql = this.#prepared.get(second) ?? '';
    if (type === 'Q' || type === 'B') this.#firstWrite ??= writes(this.#sql);
  }

  /** @returns the whole statement, or nothing of it. */
  #send(): Buffer[] {
    const batch = this.#batch.splice(0);
    const label = this.#commitPoint();
    this.#fate = label === undefined ? 'pass' : this.#strikes.judge(this.#place, label, this.#said);
    if (this.#fate === 'cut-before') this.#wire.cut();
    if (this.#fate === 'come-late') this.#strikes.delay(() => this.#wire.send(Buffer.concat(batch)));
    return this.#fate === 'pass' || this.#fate.endsWith('after') ? batch : [];
  }

  /** What commits with the statement that is being sent; undefined when nothing does. */
  #commitPoint(): string | undefined {
    if (!this.#inTransaction) return writes(this.#sql);
    return COMMIT.test(this.#sql) ? `commit of ${this.#firstWrite ?? 'nothing'}` : undefined;
  }

  down(chunk: Buffer): Buffer {
    for (const { type, body } of this.#answers.take(chunk)) {
      if (type === 'D') this.#answered += body.toString('utf8');
      if (type !== 'Z') continue;
      this.#strikes.learn(this.#said, this.#answered);
      if (this.#fate === 'hold-after') this.#strikes.happened(this.#said);
      this.#inTransaction = body.toString('latin1') === 'T';
      if (!this.#inTransaction) [this.#said, this.#firstWrite] = ['', undefined];
      this.#answered = '';
      if (this.#fate === 'cut-after') this.#wire.cut();
    }
    return this.#fate.endsWith('after') ? NOTHING : chunk;
  }
}

/** The function, or the table, that a statement writes. */
function writes(sql: string): string | undefined {
  const [, command, verb, table] = WRITES.exec(sql) ?? [];
  return command ?? (verb === undefined ? undefined : `${verb.toLowerCase()} ${table}`);
}

/** A text that ends with a zero byte. */
const textAt = (body: Buffer, start: number): string => {
  const end = body.indexOf(0, start);
  return body.toString('utf8', start, end < 0 ? body.length : end);
};

const placeIn = (startup: Buffer): Place => (startup.includes('\0database\0giftcard\0') ? 'giftcard' : 'giveaway');

/** In front of PostgreSQL: sees what commits, and does what was asked at the n-th. */
export const postgresProxy = (targetPort: number, strikes: Strikes): Promise<TcpProxy> =>
  TcpProxy.listen(targetPort, (wire) => new Session(strikes, wire));
