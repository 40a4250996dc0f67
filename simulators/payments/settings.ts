import type { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';

/** How the provider behaves until it is told otherwise; kept on disk, so that a restart changes nothing. */

const share = z.number().min(0).max(1);

export const settingsSchema = z
  .object({
    /** How long a key is remembered. */
    keyWindowMs: z.number().int().min(1),
    /** How long after a day's end its settlement file can be had. */
    settlementFileDelayMs: z.number().int().min(0),
    webhooks: z
      .object({
        delayMs: z.number().int().min(0),
        /** How often each message is sent. */
        copies: z.number().int().min(1).max(100),
        /** Each message waits up to this much longer, by a number of its own: they overtake each other. */
        shuffleMs: z.number().int().min(0),
        /** This share of the messages is never sent. */
        dropped: share,
        /** As many messages again come from somebody who does not know the secret. */
        forged: share,
      })
      .partial(),
  })
  .partial();

export interface Settings {
  readonly keyWindowMs: number;
  readonly settlementFileDelayMs: number;
  readonly webhooks: {
    readonly delayMs: number;
    readonly copies: number;
    readonly shuffleMs: number;
    readonly dropped: number;
    readonly forged: number;
  };
}

const DEFAULTS: Settings = {
  keyWindowMs: 24 * 3_600_000,
  settlementFileDelayMs: 0,
  webhooks: { delayMs: 0, copies: 1, shuffleMs: 0, dropped: 0, forged: 0 },
};

export function readSettings(db: DatabaseSync): Settings {
  const told = readSetting(db, 'behaviour') as z.output<typeof settingsSchema> | undefined;
  return { ...DEFAULTS, ...told, webhooks: { ...DEFAULTS.webhooks, ...told?.webhooks } } as Settings;
}

export function changeSettings(db: DatabaseSync, change: z.output<typeof settingsSchema>): Settings {
  const now = readSettings(db);
  writeSetting(db, 'behaviour', { ...now, ...change, webhooks: { ...now.webhooks, ...change.webhooks } });
  return readSettings(db);
}

export function readSetting(db: DatabaseSync, name: string): unknown {
  const row = db.prepare('select value from settings where name = ?').get(name);
  return row === undefined ? undefined : JSON.parse(String(row['value']));
}

export function writeSetting(db: DatabaseSync, name: string, value: unknown): void {
  db.prepare(
    'insert into settings (name, value) values (?, ?) on conflict (name) do update set value = excluded.value',
  ).run(name, JSON.stringify(value));
}
