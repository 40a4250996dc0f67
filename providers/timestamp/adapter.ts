import { readCertificates } from '../../runtime/certificates.ts';
import { type Config, ConfigError } from '../../runtime/config.ts';
import { witnessCrypto } from '../../runtime/witness-crypto.ts';
import { httpTimestamp } from './http.ts';
import type { TimestampPort } from './port.ts';

/** The authority that the configuration names, if it names one. @throws ConfigError without a certificate to trust. */
export function createTimestamp(config: Config<'timestamp'>): TimestampPort | undefined {
  const { TIMESTAMP_URL: url, TIMESTAMP_TIMEOUT_MS: timeoutMs, TIMESTAMP_CERTIFICATES: pem } = config;
  return url === undefined
    ? undefined
    : httpTimestamp({ url, timeoutMs, authorities: trustedBy(pem), crypto: witnessCrypto });
}

function trustedBy(pem: string): Uint8Array[] {
  try {
    return readCertificates(pem);
  } catch (error) {
    throw new ConfigError([`TIMESTAMP_CERTIFICATES: ${String(error)}`]);
  }
}
