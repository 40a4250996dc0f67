import { spawn, type ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { freePort, until } from '../../scripts/stack/run.ts';

export interface SentMail {
  readonly recipient: string;
  readonly subject: string;
  readonly body: string;
  readonly messageId: string;
}

/** What somebody outside sees of a mail relay, ours or a stack's. */
export interface MailTruth {
  messages(to?: string): Promise<SentMail[]>;
  /** @param fault what happens to the next mails to a recipient, or to whoever's address ends so. */
  fail(fault: { recipient: string; kind: 'refuse' | 'later' | 'drop' | 'hang'; times?: number }): Promise<void>;
}

export function mailTruth(url: string, adminToken: string): MailTruth {
  const headers = { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' };
  return {
    messages: async (to) => {
      const query = to === undefined ? '' : `?${new URLSearchParams({ to }).toString()}`;
      const answer = await fetch(`${url}/admin/messages${query}`, { headers });
      return ((await answer.json()) as { messages: SentMail[] }).messages;
    },
    fail: async (fault) => {
      const answer = await fetch(`${url}/admin/faults`, { method: 'POST', headers, body: JSON.stringify(fault) });
      if (answer.status !== 204) throw new Error(`The relay answered ${answer.status}`);
    },
  };
}

/** The token in the link of a winner's mail. */
export function claimTokenIn({ body }: SentMail): string {
  const token = /\/claim#(\S+)/.exec(body)?.[1];
  if (!token) throw new Error(`There is no link in: ${body}`);
  return token;
}

export interface MailRelay extends MailTruth {
  readonly smtpUrl: string;
  stop(): void;
}

/** A relay of the test's own. */
export async function startMailRelay(): Promise<MailRelay> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'handsel-mail-'));
  const [port, smtp] = [await freePort(), await freePort()];
  const relay: ChildProcess = spawn(
    process.execPath,
    [path.join(import.meta.dirname, '../../simulators/mail/main.ts')],
    {
      stdio: 'ignore',
      env: {
        NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
        MAIL_SIMULATOR_PORT: String(port),
        MAIL_SIMULATOR_SMTP_PORT: String(smtp),
        MAIL_SIMULATOR_DATA_FILE: path.join(folder, 'mail.sqlite'),
        MAIL_SIMULATOR_ADMIN_TOKEN: 'admin',
      },
    },
  );
  const url = `http://127.0.0.1:${port}`;
  await until('the mail relay', 120_000, async () => {
    if (!(await fetch(`${url}/readyz`)).ok) throw new Error('not ready');
  });
  return {
    ...mailTruth(url, 'admin'),
    smtpUrl: `smtp://127.0.0.1:${smtp}`,
    stop: () => {
      relay.kill('SIGKILL');
      fs.rmSync(folder, { recursive: true });
    },
  };
}
