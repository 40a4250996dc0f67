import type { Socket } from 'node:net';
import type { DatabaseSync } from 'node:sqlite';
import { keepMessage, takeFault, type Fault } from './database.ts';
import { readMail } from './mime.ts';

/** One connection of a client that sends mail (RFC 5321), as far as one needs to be sent any. */
export class SmtpSession {
  readonly #db: DatabaseSync;
  readonly #socket: Socket;
  #buffer = '';
  #inData = false;
  #sender = '';
  #recipient = '';
  #fault: Fault['kind'] | undefined;

  constructor(db: DatabaseSync, socket: Socket) {
    this.#db = db;
    this.#socket = socket;
    socket.setEncoding('latin1');
    socket.on('error', () => socket.destroy());
    socket.on('data', (text) => {
      this.#buffer += String(text);
      while (this.#takeNext());
    });
    this.#say('220 simulator ESMTP');
  }

  #say(line: string): void {
    this.#socket.write(`${line}\r\n`);
  }

  /** @returns whether there was something complete to take. */
  #takeNext(): boolean {
    const mark = this.#inData ? '\r\n.\r\n' : '\r\n';
    const end = this.#buffer.indexOf(mark);
    if (end < 0) return false;
    const text = this.#buffer.slice(0, end);
    this.#buffer = this.#buffer.slice(end + mark.length);
    if (this.#inData) this.#take(text.replaceAll(/^\./gm, ''));
    else this.#obey(text);
    return true;
  }

  #obey(line: string): void {
    const verb = line.slice(0, 4).toUpperCase();
    const address = /<([^>]*)>/.exec(line)?.[1]?.toLowerCase() ?? '';
    switch (verb) {
      case 'EHLO':
        return this.#say('250-simulator\r\n250-8BITMIME\r\n250 SMTPUTF8');
      case 'MAIL':
        this.#sender = address;
        return this.#say('250 OK');
      case 'RCPT':
        return this.#recipientNamed(address);
      case 'DATA':
        this.#inData = true;
        return this.#say('354 Go on');
      case 'QUIT':
        this.#say('221 Bye');
        this.#socket.end();
        return;
      default:
        return this.#say(['HELO', 'RSET', 'NOOP'].includes(verb) ? '250 OK' : '502 Not here');
    }
  }

  #recipientNamed(address: string): void {
    this.#recipient = address;
    this.#fault = takeFault(this.#db, address);
    if (this.#fault === 'refuse') return this.#say('550 No such mailbox');
    if (this.#fault === 'later') return this.#say('451 Not now');
    if (this.#fault === 'hang') return;
    this.#say('250 OK');
  }

  #take(raw: string): void {
    this.#inData = false;
    const { header, body } = readMail(`${raw}\r\n`);
    const [recipient, sender] = [this.#recipient, this.#sender];
    keepMessage(this.#db, { recipient, sender, messageId: header('message-id'), subject: header('subject'), body });
    if (this.#fault === 'drop') this.#socket.destroy();
    else this.#say('250 Queued');
  }
}
