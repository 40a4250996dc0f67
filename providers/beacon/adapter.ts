import type { BeaconTerms, DrawSources } from '../../domain/draw/randomness-rules.ts';
import { type Config, ConfigError } from '../../runtime/config.ts';
import { drawCrypto } from '../../runtime/draw-crypto.ts';
import { httpBeacon } from './http.ts';
import type { BeaconPort } from './port.ts';

/** The beacon that the configuration names, if it names one. */
export function createBeacon({ BEACON_URLS: baseUrls, BEACON_TIMEOUT_MS: timeoutMs }: Config<'beacon'>) {
  return baseUrls.length > 0
    ? (httpBeacon({ baseUrls, timeoutMs, crypto: drawCrypto }) satisfies BeaconPort)
    : undefined;
}

/** What giveaways that open from now on can promise about their draw. @throws ConfigError */
export const drawSources = (config: Config<'beacon' | 'timestamp'>): DrawSources => ({
  beacon: beaconTerms(config),
  witnessed: config.TIMESTAMP_URL !== undefined,
});

function beaconTerms(config: Config<'beacon'>): BeaconTerms | undefined {
  const { DRAW_DELAY_SECONDS: delaySeconds, DRAW_MARGIN_SECONDS: marginSeconds } = config;
  if (marginSeconds >= delaySeconds)
    throw new ConfigError(['DRAW_MARGIN_SECONDS: expected less than DRAW_DELAY_SECONDS']);
  if (config.BEACON_URLS.length === 0) return undefined;
  return { kind: 'drand', chainHash: config.BEACON_CHAIN_HASH, delaySeconds, marginSeconds };
}
