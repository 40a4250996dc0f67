import { createTransport } from 'nodemailer';
import type { MailPort, MailVerdict } from './port.ts';

export interface SmtpOptions {
  /** `smtp://user:password@host:port`, or `smtps://`. */
  readonly url: string;
  readonly from: string;
  readonly timeoutMs: number;
  readonly connections: number;
}

/** Over a pool of connections, each of which is used for many mails. */
export function smtpMail({ url, from, timeoutMs, connections }: SmtpOptions): MailPort {
  const transport = createTransport({
    url,
    pool: true,
    maxConnections: connections,
    maxMessages: 500,
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return {
    send: async ({ to, subject, text, messageId }) => {
      try {
        await transport.sendMail({ from, to: { name: '', address: to }, subject, text, messageId });
        return { outcome: 'accepted' };
      } catch (error) {
        return verdictOf(error);
      }
    },
    close: () => transport.close(),
  };
}

/** Of what the relay says for good, only what it says about this recipient or this mail is a refusal; the rest is trouble. */
function verdictOf(error: unknown): MailVerdict {
  const { code = 'failed', command = '', responseCode = 0 } = error as SmtpError;
  const problem = responseCode > 0 ? `smtp_${responseCode}` : code.toLowerCase();
  const definite = responseCode >= 500 && /^(RCPT TO|DATA)/.test(command);
  return { outcome: definite || (code === 'EENVELOPE' && responseCode >= 500) ? 'refused' : 'later', problem };
}

interface SmtpError {
  readonly code?: string;
  /** What we had said when the relay answered. */
  readonly command?: string;
  readonly responseCode?: number;
}
