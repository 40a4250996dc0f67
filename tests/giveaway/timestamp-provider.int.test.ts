import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readTimestamp } from '../../domain/witness/timestamp-token.ts';
import { httpTimestamp } from '../../providers/timestamp/http.ts';
import type { TimestampPort } from '../../providers/timestamp/port.ts';
import { readCertificates } from '../../runtime/certificates.ts';
import { witnessCrypto } from '../../runtime/witness-crypto.ts';
import { type Simulator, startSimulator } from '../support/simulator.ts';
import { readVector } from './draw/read-vector.ts';

const digest = createHash('sha256').update('what was committed to').digest();

describe('the time-stamp authority and its port', () => {
  let simulator: Simulator;
  let authorities: Uint8Array[];
  const trusting = (trusted: Uint8Array[]): TimestampPort =>
    httpTimestamp({ url: simulator.url, timeoutMs: 5_000, authorities: trusted, crypto: witnessCrypto });
  const readPinned = async () => readCertificates(await (await fetch(`${simulator.url}/certificate`)).text());

  beforeAll(async () => {
    simulator = await startSimulator('timestamp');
    authorities = await readPinned();
  });
  afterAll(() => simulator.stop());
  beforeEach(() => simulator.conditions({}));

  it('stamps with its own clock, under a certificate that outlives it', async () => {
    const before = Date.now();
    const token = await trusting(authorities).stamp(digest);
    const stamp = readTimestamp(witnessCrypto, token, digest, authorities);
    expect(stamp).toMatchObject({ authority: 'Handsel simulator time-stamps', trusted: true });
    expect(Date.parse(stamp.instant)).toBeGreaterThanOrEqual(before);
    expect(Date.parse(stamp.instant)).toBeLessThanOrEqual(Date.now());
    await simulator.restart();
    expect(await readPinned()).toEqual(authorities);
    expect(readTimestamp(witnessCrypto, await trusting(authorities).stamp(digest), digest, authorities).trusted).toBe(
      true,
    );
  });

  it('is not believed without a trusted certificate, or about something else', async () => {
    const other = Buffer.from(readVector<{ certificate: string }>('authority').certificate, 'hex');
    await expect(trusting([other]).stamp(digest)).rejects.toThrow('leads to no trusted certificate');
    await simulator.conditions({ wrongImprint: true });
    await expect(trusting(authorities).stamp(digest)).rejects.toThrow('about something else');
  });

  it('may refuse, be down or be asked nonsense', async () => {
    await simulator.conditions({ refuse: true });
    await expect(trusting(authorities).stamp(digest)).rejects.toThrow('refused with status 2');
    await simulator.conditions({ down: true });
    await expect(trusting(authorities).stamp(digest)).rejects.toThrow('answered 503');
    expect((await fetch(simulator.url, { method: 'POST', body: 'nonsense' })).status).toBe(400);
  });

  it('has a clock that may be wrong, and says so in the stamp', async () => {
    await simulator.conditions({ clockOffsetMs: 3_600_000 });
    const stamp = readTimestamp(witnessCrypto, await trusting(authorities).stamp(digest), digest);
    expect(Date.parse(stamp.instant)).toBeGreaterThan(Date.now() + 3_500_000);
  });
});
