import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type BeaconChain, hashChain, isRoundSigned } from '../../domain/draw/beacon.ts';
import { firstRoundAt } from '../../domain/draw/beacon-round.ts';
import { httpBeacon } from '../../providers/beacon/http.ts';
import { BeaconUnavailable, type BeaconPort } from '../../providers/beacon/port.ts';
import { drawCrypto } from '../../runtime/draw-crypto.ts';
import { type Simulator, startSimulator } from '../support/simulator.ts';
import { readVector } from './draw/read-vector.ts';

describe('the beacon and its port', () => {
  let simulator: Simulator;
  let chainHash: string;
  let beacon: BeaconPort;
  const through = (...baseUrls: string[]): BeaconPort =>
    httpBeacon({ baseUrls, timeoutMs: 20_000, crypto: drawCrypto });
  const past = (chain: BeaconChain): number => firstRoundAt(chain, Date.now()) - 1;

  beforeAll(async () => {
    simulator = await startSimulator('beacon', { BEACON_SIMULATOR_PERIOD_SECONDS: '1' });
    [chainHash] = (await (await fetch(`${simulator.url}/chains`)).json()) as [string];
    beacon = through(simulator.url);
  });
  afterAll(() => simulator.stop());
  beforeEach(() => simulator.conditions({}));

  it('has a chain of its own, and keeps it when it is started again', async () => {
    const chain = await beacon.chain(chainHash);
    expect(chain).toMatchObject({ beaconId: 'handsel-simulator', periodSeconds: 1 });
    expect(hashChain(drawCrypto, chain)).toBe(chainHash);
    const before = await beacon.signatureOf(chain, chainHash, 1);
    await simulator.restart();
    expect(await beacon.chain(chainHash)).toEqual(chain);
    expect(await beacon.signatureOf(chain, chainHash, 1)).toBe(before);
  });

  it('speaks as drand does', async () => {
    const latest = (await (await fetch(`${simulator.url}/${chainHash}/public/latest`)).json()) as Record<
      string,
      unknown
    >;
    expect(Object.keys(latest).toSorted()).toEqual(['randomness', 'round', 'signature']);
    expect((await fetch(`${simulator.url}/${'0'.repeat(64)}/info`)).status).toBe(404);
    expect((await fetch(`${simulator.url}/${chainHash}/public/0`)).status).toBe(400);
  });

  it('gives rounds that are out, signed, and none before', async () => {
    const chain = await beacon.chain(chainHash);
    const round = past(chain);
    expect(isRoundSigned(drawCrypto, chain, round, await beacon.signatureOf(chain, chainHash, round))).toBe(true);
    await expect(beacon.signatureOf(chain, chainHash, past(chain) + 3_600)).rejects.toThrow(BeaconUnavailable);
    await simulator.conditions({ lateMs: 3_600_000 });
    await expect(beacon.signatureOf(chain, chainHash, past(chain))).rejects.toThrow('HTTP 404');
  });

  it('is not believed when a signature is wrong, or the chain another one', async () => {
    const chain = await beacon.chain(chainHash);
    await simulator.conditions({ wrongSignature: true });
    await expect(beacon.signatureOf(chain, chainHash, 1)).rejects.toThrow('the signature is wrong');
    await expect(beacon.chain(readVector<{ chainHash: string }>('drand-quicknet').chainHash)).rejects.toThrow(
      BeaconUnavailable,
    );
  });

  it('is not kept waiting by relays that hang', async () => {
    const silent = http.createServer(() => {});
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const hangs = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const began = Date.now();
    expect(await through(hangs, hangs, hangs, simulator.url).chain(chainHash)).toEqual(await beacon.chain(chainHash));
    expect(Date.now() - began).toBeLessThan(15_000);
    silent.closeAllConnections();
    silent.close();
  });

  it('is asked at another relay when one is down, gone, or lies', async () => {
    const chain = await beacon.chain(chainHash);
    const liar = http.createServer((_, response) =>
      response.end(JSON.stringify({ round: 1, signature: '00'.repeat(48) })),
    );
    await new Promise<void>((resolve) => liar.listen(0, '127.0.0.1', resolve));
    const lies = `http://127.0.0.1:${(liar.address() as AddressInfo).port}`;
    const several = through('http://127.0.0.1:1', lies, simulator.url);
    expect(await several.signatureOf(chain, chainHash, 1)).toBe(await beacon.signatureOf(chain, chainHash, 1));
    expect(await several.chain(chainHash)).toEqual(chain);
    await simulator.conditions({ down: true });
    await expect(several.signatureOf(chain, chainHash, 1)).rejects.toThrow(/the signature is wrong; .*HTTP 503/);
    liar.close();
  });
});
