import { pino, type Logger } from 'pino';

export type Log = Logger;

export interface LogOptions {
  /** The process: `giveaway-api`, `worker`, … */
  readonly name: string;
  readonly level: string;
  /** One JSON object per line in production; lines for people in development. */
  readonly pretty: boolean;
}

/** What must never stand in a log, however an object that carries it gets there. */
const SECRET_FIELDS = [
  'password',
  'passwordHash',
  'token',
  'accessToken',
  'refreshToken',
  'apiKey',
  'cardCode',
  'secret',
  'email',
  'phone',
  'authorization',
  'cookie',
];
const redact = {
  // The detail of a database error quotes the row.
  paths: ['err.detail', 'err.where', ...SECRET_FIELDS.flatMap((field) => [field, `*.${field}`, `*.*.${field}`])],
  censor: '[redacted]',
};

export function createLog({ name, level, pretty }: LogOptions): Log {
  const options = { name, level, redact, timestamp: pino.stdTimeFunctions.isoTime };
  if (!pretty) return pino(options);
  return pino({
    ...options,
    transport: { target: 'pino-pretty', options: { ignore: 'pid,hostname', translateTime: 'SYS:HH:MM:ss.l' } },
  });
}
