import { describe, expect, test } from 'vitest';
import { ConfigError, loadConfig, type ConfigPart } from '../../runtime/config.ts';
import { read } from './repository-files.ts';

const source = read('runtime/config.ts');
const [, parts = ''] = /^const parts = \{\n(.*?)^\} as const;$/ms.exec(source) ?? [];
const partNames = [...parts.matchAll(/^ {2}([a-z]\w*): \{/gm)].map(([, name]) => name as ConfigPart);
const settings = [...new Set([...parts.matchAll(/\b([A-Z][A-Z0-9_]+): /g)].map(([, name = '']) => name))].toSorted();
const example = [...read('.env.example').matchAll(/^([A-Z][A-Z0-9_]+)=(.*)$/gm)].map(
  ([, name = '', value = '']) => [name, value] as const,
);

/** Optional, and empty unless somebody wants them. */
const OFF_BY_DEFAULT = [
  'BEACON_URLS',
  'TIMESTAMP_CERTIFICATES',
  'TIMESTAMP_URL',
  'BOOTSTRAP_ADMIN_EMAIL',
  'BOOTSTRAP_ADMIN_PASSWORD',
  'PLATFORM_RESERVES',
  'PAYOUT_MINIMUMS',
  'ALERT_WEBHOOK_URL',
  'ALERT_WEBHOOK_SECRET',
];

/** The settings of these parts that `loadConfig` objects to. */
function objections(wanted: readonly ConfigPart[], environment: Readonly<Record<string, string>>): string[] {
  try {
    loadConfig(wanted, environment);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return [...error.message.matchAll(/^ {2}([A-Z0-9_]+):/gm)].map(([, name = '']) => name);
  }
}

describe('.env.example', () => {
  test('names the settings that runtime/config.ts reads, each once', () => {
    expect(settings.length).toBeGreaterThan(20);
    expect(example.map(([name]) => name).toSorted()).toEqual(settings);
  });

  test('holds valid values, and leaves empty what every installation chooses for itself', () => {
    const empty = example.filter(([, value]) => value === '').map(([name]) => name);
    const missing = objections(partNames, Object.fromEntries(example));
    expect([...missing, ...OFF_BY_DEFAULT].toSorted()).toEqual(empty.toSorted());
  });

  test('shows the default of every part that needs no setting', () => {
    const complete = partNames.filter((part) => objections([part], {}).length === 0);
    expect(complete.length).toBeGreaterThan(3);
    expect(loadConfig(complete, Object.fromEntries(example))).toEqual(loadConfig(complete, {}));
  });
});
